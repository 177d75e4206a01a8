/* Measures what it costs libseccomp to turn a list of rules into a filter: libseccomp RULES TIMES LEVEL ARCHITECTURES
 *
 * RULES comes from rules.py. LEVEL is SCMP_FLTATR_CTL_OPTIMIZE. Makes the filter TIMES times, and prints its instructions and
 * the most memory that the process had, in KiB. */
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint32_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};

static void fail(const char *what, int code)
{
	fprintf(stderr, "libseccomp: %s: %s\n", what, strerror(-code));
	exit(1);
}

/* A line: the default action; or a name, an action, the number of comparisons, and for each: argument, operator, two numbers. */
static void add(scmp_filter_ctx context, const char *line)
{
	struct scmp_arg_cmp comparisons[6];
	char name[64];
	unsigned int action, count, read;

	if (sscanf(line, "%63s %u %u%n", name, &action, &count, &read) != 3 || count > 6)
		fail(line, -22);
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR)
		return;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int argument, operator, more;
		unsigned long long a, b;
		if (sscanf(line + read, "%u %u %llu %llu%n", &argument, &operator, &a, &b, &more) != 4)
			fail(line, -22);
		comparisons[i] = (struct scmp_arg_cmp){argument, operator, a, b};
		read += more;
	}
	int code = seccomp_rule_add_array(context, action, number, count, comparisons);
	if (code)
		fail(line, code);
}

/* The filter's bytes, or -1. */
static off_t make(char **lines, size_t count, int level, int served, int out)
{
	scmp_filter_ctx context = seccomp_init(strtoul(lines[0], NULL, 10));
	if (!context)
		fail("no context", -12);
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, level);
	for (int i = 1; i < served; i++)
		seccomp_arch_add(context, architectures[i]);
	for (size_t i = 1; i < count; i++)
		add(context, lines[i]);
	if (ftruncate(out, 0) || lseek(out, 0, SEEK_SET))
		return -1;
	int code = seccomp_export_bpf(context, out);
	if (code)
		fail("not exported", code);
	seccomp_release(context);
	return lseek(out, 0, SEEK_CUR);
}

int main(int argc, char **argv)
{
	static char *lines[4096];
	size_t count = 0;
	char line[512];
	off_t bytes = 0;
	long peak = 0;

	if (argc != 5)
		return 2;
	FILE *rules = fopen(argv[1], "r");
	FILE *out = tmpfile();
	if (!rules || !out)
		return 2;
	while (count < 4096 && fgets(line, sizeof line, rules))
		lines[count++] = strdup(line);
	for (int i = 0; i < atoi(argv[2]); i++)
		bytes = make(lines, count, atoi(argv[3]), atoi(argv[4]), fileno(out));
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		sscanf(line, "VmHWM: %ld", &peak);
	printf("%ld %ld\n", (long)bytes / 8, peak);
	return 0;
}
