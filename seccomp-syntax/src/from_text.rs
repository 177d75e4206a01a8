//! Policies as text: for build scripts, tests and tools, where rustc does not expand anything.
//!
//! The caller decides what rustc decides for a macro: which `#[cfg(…)]` hold, and the text of each included
//! file. Constants of Rust remain expressions that rustc evaluates at the end: [`CompiledText::to_rust`].
//! Fragments are macros of Rust, so a text cannot include them.

mod call_text;
mod format;
mod values;

pub use call_text::CallOfText;
pub use format::comment_length;

use proc_macro2::{Span, TokenStream};
use seccomp_ir::Compiled;
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::report::{SourceLine, Tables};
use seccomp_ir::tree::{self, ItemKind, Tree};

use crate::cfg::Cfg;
use crate::compile::report_tables;
use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::extent::{Extent, MOST_BYTES, MOST_FILES, MOST_NESTED};
use crate::handoff::DraftPolicy;
use crate::parse::{Parsed, parse, parse_draft};
use crate::policy_file::Positions;
use crate::report::{Report, Texts};
use crate::sources::Sources;
use crate::stage::{self, Include, NextStage};
use values::Values;

/// Returns the text of a file, given its name as written in an `include`, or the reason why it cannot.
type Files<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// The text of a policy, and everything that is needed to compile it.
///
/// ```
/// use seccomp_ir::abi::Abi;
/// use seccomp_syntax::PolicyText;
///
/// let text = "
///     #[cfg(feature = \"net\")] include \"net.policy\";
///     allow read(fd == 0), exit_group;
///     default kill;
/// ";
/// let files = |name: &str| match name {
///     "net.policy" => Ok("allow socket(family == AF_INET);".to_owned()),
///     _ => Err("there is no such file".to_owned()),
/// };
/// let policy = PolicyText::new("worker.policy", text, Abi::X86_64)
///     .cfg_value("feature", "net")
///     .files(&files);
/// let compiled = policy.compile().unwrap_or_else(|report| panic!("{report}"));
/// assert_eq!(compiled.compiled.policy.abis.len(), 1);
///
/// let report = PolicyText::new("a.policy", "allow raed; default kill", Abi::X86_64).compile();
/// let report = report.err().expect("an error");
/// assert_eq!(report.to_string(), "\
/// error[E0200]: unknown system call `raed`
///   --> a.policy:1:7
///   |
/// 1 | allow raed; default kill
///   |       ^^^^
///   = help: did you mean `read`?
/// ");
/// ```
#[derive(Clone)]
pub struct PolicyText<'a> {
    name: &'a str,
    text: &'a str,
    target: Abi,
    cfg: Cfg,
    files: Option<&'a Files<'a>>,
    rules: bool,
    values: Option<Values>,
}

/// A policy compiled from a text.
pub struct CompiledText {
    /// The policy as it was compiled: files inserted, `#[cfg(…)]` evaluated.
    pub tree: Tree,
    /// The policy, its filter, and the tokens that both refer to by number. Its warnings are in the report.
    pub compiled: Compiled,
    /// The texts that it was read from, and their warnings.
    pub report: Report,
    /// The names of the values that [`PolicyText::with_values`] gave and the policy has, in the order in which the policy has
    /// them.
    pub used_values: Vec<String>,
    sources: Sources,
    target: Abi,
    /// What the program carries if the policy has `report`.
    tables: Option<Tables>,
    /// The places of what can decide a call: each target of a rule, and each keyword.
    places: Vec<(tree::Span, SourceLine)>,
}

impl<'a> PolicyText<'a> {
    /// The text of a policy for programs that are built for `target`; messages call it `name`.
    #[must_use]
    pub fn new(name: &'a str, text: &'a str, target: Abi) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { name, text, target, cfg: Cfg::default(), files: None, rules: false, values: None }
    }

    /// Makes `#[cfg(name)]` true. An option that is not set is false.
    #[must_use]
    pub fn cfg(mut self, name: &str) -> Self {
        self.cfg.name(name);
        self
    }

    /// Makes `#[cfg(name = "value")]` true, such as `feature = "net"`.
    #[must_use]
    pub fn cfg_value(mut self, name: &str, value: &str) -> Self {
        self.cfg.value(name, value);
        self
    }

    /// Sets a way to read files: `include "name"` inserts the text that `files` returns for the name, or is an error
    /// with the reason that `files` returns. Without this, no file can be included.
    #[must_use]
    pub fn files(mut self, files: &'a Files<'a>) -> Self {
        self.files = Some(files);
        self
    }

    /// Reads the text as rules without a `default`, such as the text of an included file. Errors and warnings that
    /// only a whole policy can have are not reported.
    #[must_use]
    pub fn rules_alone(mut self) -> Self {
        self.rules = true;
        self
    }

    /// Puts numbers in the place of `$name`, by their names without the `$`; a negative number has its sign. Then nothing
    /// can be left open, because the filter is not for a program that rustc compiles: constants and expressions of Rust,
    /// `$name` without a number, and `report` are errors.
    #[must_use]
    pub fn with_values(mut self, values: impl IntoIterator<Item = (String, i128)>) -> Self {
        self.values = Some(values.into_iter().collect());
        self
    }

    /// The policy as it is written: no file is inserted, and each `#[cfg(…)]` stays.
    ///
    /// # Errors
    ///
    /// The parts that cannot be read.
    pub fn tree(&self) -> Result<Tree, Report> {
        let _positions = Positions::on();
        let mut texts = Texts::default();
        let parsed =
            texts.read(self.name, self.text).map_err(LocatedErrors::from).and_then(|tokens| {
                let Parsed { tree, sources, errors } = parse(tokens, Span::call_site());
                if errors.is_empty() { Ok(tree) } else { Err(sources.locate(&errors)) }
            });
        parsed.map_err(|errors| texts.report(&errors))
    }

    /// The canonical text of the policy ([`print`](seccomp_ir::tree::print)), with its comments. It is read as
    /// the same tree, and has itself as canonical text. A comment between the tokens of an item moves above the
    /// item.
    ///
    /// # Errors
    ///
    /// The parts that cannot be read.
    pub fn format(&self) -> Result<String, Report> {
        let _positions = Positions::on();
        let mut texts = Texts::default();
        let formatted =
            texts.read(self.name, self.text).map_err(LocatedErrors::from).and_then(|tokens| {
                let Parsed { tree, sources, errors } = parse(tokens.clone(), Span::call_site());
                if !errors.is_empty() {
                    return Err(sources.locate(&errors));
                }
                format::format(self.text, tokens, &tree).ok_or_else(|| {
                    let message =
                        "internal error: the items of this text are not those of its tree";
                    Box::new(LocatedDiagnostic::new(
                        ErrorCode::Internal,
                        Span::call_site(),
                        message,
                    ))
                    .into()
                })
            });
        formatted.map_err(|errors| texts.report(&errors))
    }

    /// Compiles the policy.
    ///
    /// # Errors
    ///
    /// All errors, each with its text, line and column.
    pub fn compile(&self) -> Result<CompiledText, Report> {
        let _positions = Positions::on();
        let mut reader = Reader {
            of: self,
            texts: Texts::default(),
            errors: LocatedErrors::default(),
            bytes: 0,
            count: 0,
        };
        let draft = reader.read(self.name, self.text, &mut Vec::new());
        let Reader { texts, errors, .. } = reader;
        if !errors.is_empty() {
            return Err(texts.report(&errors));
        }
        let draft = if self.rules { stage::alone(draft) } else { draft };
        let Parsed { mut tree, sources, mut errors } = parse_draft(&draft, Span::call_site());
        let mut used_values = Vec::new();
        if let Some(values) = &self.values {
            used_values = values::give(&mut tree, values, &mut errors);
        }
        match seccomp_ir::compile(&tree, errors, self.target) {
            Ok(mut compiled) => {
                let mut warnings = Vec::new();
                for warning in &std::mem::take(&mut compiled.warnings) {
                    warnings.push(sources.located(warning));
                }
                let tables =
                    report_tables(&compiled, &tree, &|span| texts.line(sources.span(span)));
                let line = |span| (span, texts.line(sources.span(span)));
                let places = deciding_spans(&tree, &compiled).into_iter().map(line).collect();
                let report = texts.report(&warnings);
                let target = self.target;
                Ok(CompiledText {
                    tree,
                    compiled,
                    report,
                    used_values,
                    sources,
                    target,
                    tables,
                    places,
                })
            }
            Err(errors) => Err(texts.report(&sources.locate(&errors))),
        }
    }
}

/// The spans of what can decide a call.
fn deciding_spans(tree: &Tree, compiled: &Compiled) -> Vec<tree::Span> {
    let mut spans: Vec<_> = compiled.origins.iter().map(|origin| origin.span).collect();
    for item in &tree.items {
        if let ItemKind::Default(item) | ItemKind::Unknown(item) | ItemKind::BadArch(item) =
            &item.kind
        {
            spans.push(item.keyword.span);
        }
    }
    spans
}

impl CompiledText {
    /// The text and the line in which a target of a rule
    /// ([`RuleSource::span`](seccomp_ir::resolve::RuleSource::span)), or the keyword of a `default`, an `unknown` or a
    /// `bad_arch` is written. `None` for every other span.
    #[must_use]
    pub fn place(&self, span: tree::Span) -> Option<&SourceLine> {
        self.places.iter().find(|(known, _)| *known == span).map(|(_, place)| place)
    }

    /// The policy as Rust: an expression of type `Policy`, for a program that is built for the same ABI.
    /// `runtime` is the path of the crate `seccomp-runtime` there, such as `::seccomp_runtime`. Values of rustc
    /// are evaluated where the expression is used.
    ///
    /// # Panics
    ///
    /// If `runtime` is not a path.
    #[must_use]
    pub fn to_rust(&self, runtime: &str) -> String {
        let _positions = Positions::on();
        let runtime: TokenStream = runtime.parse().expect("the path of a crate");
        let Self { tree, compiled, sources, target, tables, .. } = self;
        crate::expand::policy(compiled, tree, sources, &runtime, *target, tables.as_ref())
            .to_string()
    }
}

/// Reads a text and the files that it includes.
struct Reader<'p, 'a> {
    of: &'p PolicyText<'a>,
    texts: Texts,
    errors: LocatedErrors,
    /// The number of bytes and the number of files that were included.
    bytes: usize,
    count: usize,
}

impl Reader<'_, '_> {
    /// The items of a text whose conditions hold, with files inserted; `within` lists the files that are being
    /// included.
    fn read(&mut self, name: &str, text: &str, within: &mut Vec<String>) -> DraftPolicy {
        let read = self.texts.read(name, text).and_then(|tokens| {
            Extent::default().read(tokens.clone())?;
            Ok(tokens)
        });
        let mut draft = match read {
            Ok(tokens) if within.is_empty() && !self.of.rules => DraftPolicy::written(tokens),
            Ok(tokens) => DraftPolicy::included(tokens, &[], &TokenStream::new()),
            Err(error) => {
                self.errors.add(*error);
                return DraftPolicy::default();
            }
        };
        loop {
            match stage::next(draft.clone()) {
                NextStage::Compile(draft) => return draft,
                NextStage::Files(includes) => {
                    let mut rules = Vec::new();
                    for include in &includes {
                        rules.push((include.item, self.include(include, within)));
                    }
                    draft = stage::with_included(draft, rules);
                }
                NextStage::Conditions(conditions) => {
                    let mut hold = Vec::new();
                    for condition in conditions {
                        match self.of.cfg.hold(condition.conditions) {
                            Ok(true) => hold.push(condition.item),
                            Ok(false) => {}
                            Err(error) => self.errors.add(*error),
                        }
                    }
                    draft = stage::decided(draft, &hold);
                }
                NextStage::Fragments(includes) => {
                    let mut nothing = Vec::new();
                    for Include { item, what, span, .. } in includes {
                        let message = format!(
                            "`{}` is a fragment, which only rustc finds: a text includes files, `include \"net.policy\";`",
                            crate::rust_text::rust_text(what)
                        );
                        self.errors.add(LocatedDiagnostic::new(
                            ErrorCode::OnlyForRustc,
                            span,
                            message,
                        ));
                        nothing.push((item, DraftPolicy::default()));
                    }
                    draft = stage::with_included(draft, nothing);
                }
            }
        }
    }

    /// The rules of a file.
    fn include(&mut self, include: &Include, within: &mut Vec<String>) -> DraftPolicy {
        let name = include.file_name().unwrap_or_default();
        let error = if within.contains(&name) {
            Some((ErrorCode::IncludesItself, format!("{name:?} includes itself")))
        } else if within.len() >= MOST_NESTED {
            let message = format!("{name:?} is nested {MOST_NESTED} files deep");
            Some((ErrorCode::FileNotRead, message))
        } else {
            None
        };
        let text = match (error, self.of.files) {
            (Some(error), _) => Err(error),
            (None, None) => Err((
                ErrorCode::FileNotRead,
                format!("cannot read {name:?}: this policy is read without files"),
            )),
            (None, Some(files)) => files(&name)
                .map_err(|why| (ErrorCode::FileNotRead, format!("cannot read {name:?}: {why}"))),
        };
        let text = text.and_then(|text| {
            self.bytes += text.len();
            self.count += 1;
            if self.bytes <= MOST_BYTES && self.count <= MOST_FILES {
                return Ok(text);
            }
            let message = format!(
                "a policy includes at most {MOST_FILES} files with {MOST_BYTES} bytes, each counted as often as it \
                 is included, and with {name:?} there are more"
            );
            Err((ErrorCode::TooLarge, message))
        });
        match text {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
                within.push(name.clone());
                let rules = self.read(&name, &text, within);
                within.pop();
                rules.with_attributes(&include.allowed)
            }
            Err((code, message)) => {
                self.errors.add(LocatedDiagnostic::new(code, include.span, message));
                DraftPolicy::default()
            }
        }
    }
}
