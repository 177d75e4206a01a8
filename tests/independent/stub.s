# The code of a child of kernel.py after the install of the filter. Python would make calls of its own. The tables
# that it reads and writes are at r12; kernel.py has their format.
#
# as stub.s -o stub.o && objcopy -O binary stub.o stub.bin; kernel.py has the bytes.
        .intel_syntax noprefix
        .text
start:  mov r12, rdi
        mov [r12+24], rsp
        mov rdx, [r12+40]               # the filter beneath, if there is one
        test rdx, rdx
        jz own
        call install
own:    mov rdx, [r12+16]
        call install
        jmp next
install:
        mov eax, 317                    # seccomp(SECCOMP_SET_MODE_FILTER, 0, program)
        mov edi, 1
        xor esi, esi
        syscall
        mov [r12+32], rax
        test rax, rax
        jnz end
        ret
next:   mov rcx, [r12+8]                # the call that is next
        cmp rcx, [r12]
        jae end
        imul rcx, rcx, 80
        lea r13, [r12+rcx+64]
        cmp qword ptr [r13], 0
        jne x86
        mov rax, [r13+8]
        mov rdi, [r13+16]
        mov rsi, [r13+24]
        mov rdx, [r13+32]
        mov r10, [r13+40]
        mov r8, [r13+48]
        mov r9, [r13+56]
        syscall
        jmp store
x86:    mov eax, [r13+8]
        mov ebx, [r13+16]
        mov ecx, [r13+24]
        mov edx, [r13+32]
        mov esi, [r13+40]
        mov edi, [r13+48]
        mov ebp, [r13+56]
        int 0x80
        movsxd rax, eax
store:  mov [r13+64], rax
        mov qword ptr [r13+72], 1
        inc qword ptr [r12+8]
        jmp next
end:    ud2
        .balign 16
# SIGSYS: si_errno is the data of SECCOMP_RET_TRAP. Nothing is returned from: that would be a call.
trap:   movabs r12, 0x1122334455667788  # kernel.py writes the address here
        mov rsp, [r12+24]
        mov rcx, [r12+8]
        imul rcx, rcx, 80
        lea r13, [r12+rcx+64]
        mov eax, [rsi+4]
        mov [r13+64], rax
        mov qword ptr [r13+72], 2
        inc qword ptr [r12+8]
        jmp next
