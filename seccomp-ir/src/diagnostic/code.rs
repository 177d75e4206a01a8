//! The codes of all errors and the names of all lints. A code or a name does not change, and no other error or
//! lint ever gets it. `docs/errors.md` and `docs/warnings.md` describe each.

use std::fmt;

use super::Severity;

/// Which error or warning a diagnostic is. It is shown as tools show codes: `E0201`, `always_true`.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
#[non_exhaustive]
pub enum Code {
    /// An error, by its code.
    Error(ErrorCode),
    /// A warning, by its lint.
    Warning(Lint),
}

impl Code {
    /// Its severity.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Error(_) => Severity::Error,
            Self::Warning(_) => Severity::Warning,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(code) => write!(f, "E{:04}", *code as u16),
            Self::Warning(lint) => f.write_str(lint.name()),
        }
    }
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::Error(code)
    }
}

impl From<Lint> for Code {
    fn from(lint: Lint) -> Self {
        Self::Warning(lint)
    }
}

/// Declares an enum with a list of all its values.
macro_rules! codes {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $code:ident $(= $number:literal)?,)* }) => {
        $(#[$outer])*
        pub enum $name {
            $($(#[$inner])* $code $(= $number)?,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];
        }
    };
}

codes! {
    /// The code of an error of a policy.
    #[derive(Clone, Copy, PartialEq)]
    #[cfg_attr(feature = "debug", derive(Debug, Eq))]
    #[non_exhaustive]
    #[repr(u16)]
    pub enum ErrorCode {
        /// Something else was expected here.
        Unexpected = 100,
        /// The text is not a sequence of Rust's tokens.
        NotTokens = 101,
        /// Brackets or `!` are nested too deeply.
        TooDeep = 102,
        /// An item does not end with `;`.
        MissingSemicolon = 104,
        /// No action has this name.
        UnknownAction = 105,
        /// An action lacks its value, or has a value that it does not take.
        ActionValue = 106,
        /// A rule has no target, or `default` has no action.
        NothingNamed = 107,
        /// A group has a condition.
        GroupWithCondition = 108,
        /// The parentheses of a target are empty.
        NoCondition = 109,
        /// The number is not a call number.
        NotACallNumber = 110,
        /// Conditions are joined by something other than `,`, `&&` or `||`.
        NotJoined = 111,
        /// The text is not a comparison.
        NotAComparison = 112,
        /// `flags & A | B`
        MaskWithoutParentheses = 113,
        /// `as` with a type to which no argument can be cast.
        NotACast = 114,
        /// The text is not a set or a range.
        NotASet = 115,
        /// The text is not a number.
        NotANumber = 116,
        /// Arithmetic without braces.
        Arithmetic = 117,
        /// An attribute that items do not take, or in a wrong form.
        NotAnAttribute = 118,
        /// `#[hot]` before something other than a rule.
        HotIsForRules = 119,
        /// The text is not an `include`.
        NotAnInclude = 120,
        /// The form in which another tool says it.
        FormOfAnotherTool = 121,
        /// `#[arch(…)]` before something other than a rule.
        ArchIsForRules = 122,
        /// `?` after something other than the name of a call.
        SkipsByItself = 123,

        /// No system call has this name.
        UnknownCall = 200,
        /// Only other ABIs have this system call.
        CallOfAnotherAbi = 201,
        /// A call number of an ABI that the policy does not serve.
        NumberOfAnotherAbi = 202,
        /// No group has this name.
        UnknownGroup = 203,
        /// No constant has this name.
        UnknownConstant = 204,
        /// Only other ABIs have this constant.
        ConstantOfAnotherAbi = 205,
        /// The call has no argument of this name.
        UnknownArgument = 206,
        /// The arguments of the call have no names here.
        ArgumentsWithoutNames = 207,
        /// No ABI has this name.
        UnknownAbi = 208,
        /// No warning has this name.
        UnknownWarning = 209,

        /// The argument cannot have this value.
        DoesNotFit = 300,
        /// A pointer is compared with something other than 0.
        PointerCompared = 301,
        /// No single comparison can see the whole argument.
        ArgumentInHalves = 302,
        /// The range is empty.
        EmptyRange = 303,
        /// An errno that the kernel would change.
        NotAnErrno = 304,
        /// A value that must be known when the policy is compiled.
        ValueOfRustc = 305,
        /// A value of the running program where no program runs.
        ValueOfTheRun = 306,

        /// The policy does not say what happens to all other calls.
        NoDefault = 400,
        /// An item that a policy may have only once is there twice.
        Twice = 401,
        /// Earlier rules decide everything that a rule matches, with another action.
        NeverDecides = 402,
        /// The conditions of a rule contradict each other.
        Contradiction = 403,
        /// A program can make this call through another call with a less strict action.
        SideStepped = 404,
        /// An ABI that no kernel serves together with the program's own.
        ForeignByteOrder = 405,
        /// The program's own ABI is not listed.
        OwnAbiNotListed = 406,
        /// The policy is too large to be proven.
        TooLarge = 407,
        /// The filter is longer than the kernel accepts.
        FilterTooLong = 408,

        /// Only a policy may have this; a fragment or a file may not.
        OnlyInPolicies = 500,
        /// A file cannot be read.
        FileNotRead = 501,
        /// A fragment or a file includes itself.
        IncludesItself = 502,
        /// Only rustc can decide this, and there is no rustc.
        OnlyForRustc = 503,
        /// The condition of a `#[cfg(…)]` is malformed.
        NotAPredicate = 505,
        /// Programs of this ABI cannot make reports.
        NoReport = 506,

        /// A fragment has a form other than `NAME { rules }`.
        NotAFragment = 510,
        /// The path of an `include` in a fragment does not start with `crate::`.
        PathOfFragment = 511,

        /// The text is not a call.
        NotACall = 600,
        /// An argument of a call is given twice.
        GivenTwice = 601,

        /// `#[sandboxed]` does not name a policy.
        NoPolicyNamed = 700,
        /// `#[sandboxed]` names more than one policy.
        SeveralPolicies = 701,
        /// `#[sandboxed]` before something other than a function.
        NotAFunction = 702,
        /// `#[sandboxed]` before a function that rustc may run while it compiles.
        ConstFunction = 703,
        /// `#[sandboxed]` before a function without a body.
        NoBody = 704,

        /// An internal error of this compiler.
        Internal = 900,
        /// There are more errors than are reported at once.
        TooManyErrors = 901,
    }
}

codes! {
    /// A check for something legal in a policy that the author may not mean. Its name is that of its warnings.
    #[derive(Clone, Copy, PartialEq)]
    #[cfg_attr(feature = "debug", derive(Debug, Eq))]
    #[non_exhaustive]
    pub enum Lint {
        /// A condition holds for every call.
        AlwaysTrue,
        /// A call is allowed with any one of several bits.
        AnyOfBits,
        /// Calls through ABIs that the policy does not list are allowed.
        BadArchAllow,
        /// `clone` is filtered, and `clone3`, which cannot be filtered, is allowed.
        Clone3Allowed,
        /// `clone` is allowed, and `clone3` is denied by an action other than `errno(ENOSYS)`.
        Clone3Denied,
        /// A later rule gives the calls of a rule with a condition the same action.
        ConditionWithoutEffect,
        /// Permissions of a file are written in decimal.
        DecimalMode,
        /// Every call that no rule names is allowed.
        DefaultAllow,
        /// An exact value is denied, but other bits can be passed with it.
        ExactDenial,
        /// An exact value is allowed, but libraries add bits to it.
        ExactFlags,
        /// An argument is compared with a constant of another argument.
        ForeignConstant,
        /// The kernel does not use the compared argument.
        IgnoredArgument,
        /// Values that are not bits are joined with `|`.
        JoinedValues,
        /// An argument is compared in fewer bits than the kernel uses.
        NarrowCast,
        /// No call that ends a process or a thread is allowed.
        NoExit,
        /// No call that returns from a signal handler is allowed.
        NoSigreturn,
        /// The use of a compared argument depends on a command, and the rule does not compare the command.
        OpenCommand,
        /// A call is allowed that can bypass a policy or reach other processes.
        PowerfulCall,
        /// Earlier rules decide everything that a rule matches, with the same action.
        RedundantRule,
        /// A number names different calls on the ABIs of a policy.
        SeveralCalls,
        /// A call is denied, and another call that does its work is allowed.
        SiblingAllowed,
        /// A call is allowed, and its form with 64-bit times, which C libraries make first, is denied.
        Time64Denied,
        /// `TIOCSTI` is denied, and `TIOCLINUX` is allowed.
        TioclinuxAllowed,
        /// A value that is not a set of bits is used as a mask.
        ValueAsMask,
        /// An argument of 32 bits is compared in 64 bits.
        WideCast,
    }
}

impl Lint {
    /// Its name, after `seccomp::`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlwaysTrue => "always_true",
            Self::AnyOfBits => "any_of_bits",
            Self::BadArchAllow => "bad_arch_allow",
            Self::Clone3Allowed => "clone3_allowed",
            Self::Clone3Denied => "clone3_denied",
            Self::ConditionWithoutEffect => "condition_without_effect",
            Self::DecimalMode => "decimal_mode",
            Self::DefaultAllow => "default_allow",
            Self::ExactDenial => "exact_denial",
            Self::ExactFlags => "exact_flags",
            Self::ForeignConstant => "foreign_constant",
            Self::IgnoredArgument => "ignored_argument",
            Self::JoinedValues => "joined_values",
            Self::NarrowCast => "narrow_cast",
            Self::NoExit => "no_exit",
            Self::NoSigreturn => "no_sigreturn",
            Self::OpenCommand => "open_command",
            Self::PowerfulCall => "powerful_call",
            Self::RedundantRule => "redundant_rule",
            Self::SeveralCalls => "several_calls",
            Self::SiblingAllowed => "sibling_allowed",
            Self::Time64Denied => "time64_denied",
            Self::TioclinuxAllowed => "tioclinux_allowed",
            Self::ValueAsMask => "value_as_mask",
            Self::WideCast => "wide_cast",
        }
    }
}
