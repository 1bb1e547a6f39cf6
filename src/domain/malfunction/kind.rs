//! What kind of fault it is: the "tipologia" of art. 2 c. 6.

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $italian:literal,)*) => {
        /// The kind of a malfunction.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MalfunctionKind {
            $($(#[$doc])* $variant,)*
        }

        impl MalfunctionKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word of the command line, the store and JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// As the home offices read it.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $italian,)* }
            }
        }
    };
}

kinds! {
    /// A badge reader or clock.
    Reader "reader" "lettore delle presenze non funzionante",
    /// What the readers deliver cannot be fetched.
    Folder "folder" "dati delle presenze non raggiungibili",
    /// The time of a clock is wrong.
    Clock "clock" "orologio non attendibile",
    /// Mail does not leave or arrive.
    Mail "mail" "posta elettronica non funzionante",
    /// The network of the host.
    Network "network" "connessione di rete non funzionante",
    /// The link between the two offices.
    Link "link" "collegamento con la sede di lavoro non funzionante",
    /// The PC of the coworker.
    Workstation "workstation" "postazione di lavoro non funzionante",
    /// The printer.
    Printer "printer" "stampante non funzionante",
    /// The applications that the work needs.
    Applications "applications" "sistemi applicativi non raggiungibili",
    /// Electric power.
    Power "power" "mancanza di alimentazione elettrica",
    /// Another one: the systems say which.
    Other "other" "altro malfunzionamento informatico",
}

impl MalfunctionKind {
    /// The kind of a stored word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
