//! The shown commands: what each finds, and what it must answer.
//!
//! The state is that of `prepare.sh`. Entry 6 of the register is a punch by bruno that waits for its
//! confirmation, message 3 of the outbox has left, message 7 waits for an officer, malfunction 3 is open,
//! and message 7 of the inbox is a forgery.

/// A shown command.
pub(super) struct Row {
    /// As the document has it.
    pub(super) shown: &'static str,
    /// Lines for the shell that come before it; they must succeed too.
    pub(super) before: &'static str,
    /// When it is typed, in UTC.
    pub(super) at: &'static str,
    /// What its questions are answered.
    pub(super) typed: &'static str,
    /// How it must end: 3 when a person should look.
    pub(super) code: i32,
    /// What it must say, among other things.
    pub(super) tells: &'static str,
}

impl Row {
    const fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    const fn at(self, at: &'static str) -> Self {
        Self { at, ..self }
    }

    const fn typed(self, typed: &'static str) -> Self {
        Self { typed, ..self }
    }
}

/// A command that is done, and what it must say.
const fn done(shown: &'static str, tells: &'static str) -> Row {
    Row { shown, before: "", at: "2026-11-05 09:00", typed: "", code: 0, tells }
}

/// A command that is done where a person should look.
const fn look(shown: &'static str, tells: &'static str) -> Row {
    Row { code: 3, ..done(shown, tells) }
}

/// What `agreement new` asks, up to the address for the statements; the other blanks stay empty.
const ANSWERS: &str = "prot. 7\n4\n5x7h12\n\n\nPrefettura di Roma\nprefettura\nRoma\nRM\n06-29\n\n\nsig.\nUgo\nEsempio\n\n\
                       2026-12-01\n2027-01-31\n\n0003333333\n\n\n10\npec\npresenze@roma.example\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";

/// The texts of the final report, written.
const WRITTEN: &str =
    "timbra report torino-03 --out DIR && sed -i 's/DA COMPLETARE/Tutto bene./' DIR/relazione.toml";

/// The same for the agreement of the guide.
const SCRITTA: &str = "timbra report esempio --out relazione; [ $? = 3 ] && \
                       sed -i 's/DA COMPLETARE/Tutto bene./' relazione/relazione.toml";

const BACKUP: &str = "timbra backup /srv/copie/timbra.tar";

/// All of them, in the order of the documents.
pub(super) const ROWS: &[Row] = &[
    // install it
    done("cp -r config /etc/timbra", "").after("rm -r /etc/timbra"),
    done("cp systemd/*.service systemd/*.timer /etc/systemd/system/", ""),
    done("sed -i 's|/usr/bin|/usr/local/bin|' /etc/systemd/system/timbra*.service", "")
        .after("cp systemd/*.service systemd/*.timer /etc/systemd/system/"),
    done("install -m 644 systemd/timbra.sysusers /etc/sysusers.d/timbra.conf && systemd-sysusers", ""),
    done("install -m 644 systemd/timbra.tmpfiles /etc/tmpfiles.d/timbra.conf && systemd-tmpfiles --create", ""),
    done("rm /etc/timbra/agreements/esempio.toml", ""),
    done("timbra check", "torino-03: 2026-09-01 to 2026-10-31"),
    // configure a reader
    done("timbra decode 1_attlog.dat", "zk-attlog (guessed"),
    done("timbra import 1_attlog.dat --reader ingresso", "84 known, 0 rejected"),
    done("timbra decode /dev/ttyUSB0 --printed 0001217496", "protocol = \"rdm6300\""),
    // write an agreement
    done("timbra agreement new torino-03", "agreements/torino-03.toml")
        .after("rm /etc/timbra/agreements/torino-03.toml")
        .typed(ANSWERS),
    done("timbra agreement new torino-03 --from risposte.toml", "agreements/torino-03.toml")
        .after("mv /etc/timbra/agreements/torino-03.toml risposte.toml"),
    done("timbra agreement list", "torino-03            ended"),
    done("timbra agreement show torino-03 --file intesa.pdf", "prot. 45 del 20 luglio 2026"),
    done("timbra agreement sheet torino-03 --out sintesi.pdf", ""),
    // send the statements
    done("timbra channel test esempio", "fac-simile.r6@"),
    // enter what the home office communicates
    done("timbra plan esempio 2026-11 2026-11-03 2026-11-10 --ref \"PEC prot. 45\"", "plan 2026-11: 2026-11-03, 2026-11-10")
        .after("timbra undo 1")
        .at("2026-10-27 09:00"),
    done("timbra absence add esempio 2026-11-03 --from 09:00 --to 11:00 --ref \"PEC prot. 46\"", "09:00-11:00"),
    done("timbra day-change move esempio 2026-11-10 2026-11-17 --ref \"PEC prot. 50\"", "move 2026-11-10 to 2026-11-17"),
    done("timbra service add esempio 2026-11-03 --end 15:30 --ref \"PEC prot. 47\"", "ended at 15:30"),
    done("timbra authorize esempio 2026-11-03 --overtime 60 --ref \"PEC prot. 47\"", "overtime of 1:00"),
    done("timbra punch add esempio 2026-11-03 08:02 in --ref \"foglio firme 3/11\"", "it counts once another system user"),
    done("timbra punch confirm 6", "punch #6 confirmed"),
    done("timbra badge form esempio 0001234567 --out consegna.pdf", "consegna.pdf"),
    done("timbra badge replace esempio 0001234567 0007654321 --on 2026-11-10", "replaced by 0007654321 on 2026-11-10"),
    done("timbra profile-change esempio 4x9h --from 2026-11-16 --ref \"PEC prot. 61\"", "profile 4x9h from 2026-11-16"),
    done("timbra withdraw esempio --effective 2026-12-18 --ref \"PEC prot. 70\"", "last day 2026-12-18"),
    done("timbra contest open esempio 2026-11-03 --ref \"nota del 5 novembre\"", "contested by the employee"),
    done("timbra checklist esempio set printer --on 2026-08-31", "printer (art. 3 c. 1) there since 2026-08-31"),
    done("timbra undo 5", "entry #5 undone"),
    done("timbra log esempio", "statement n. 2/2026 of 2026-10 was made"),
    // tell of malfunctions
    done(
        "timbra malfunction open --kind network --systems \"rete della sede\" --expected \"2026-11-03 14:00\"",
        "malfunction 4 opened: network, rete della sede",
    )
    .at("2026-11-03 12:00"),
    done("timbra malfunction update 3 --expected 2026-11-04", "expected 2026-11-04").at("2026-11-03 12:00"),
    done("timbra malfunction close 3 --at \"2026-11-03 12:30\"", "malfunction 3 restored at 2026-11-03 12:30"),
    done("timbra malfunction undo 3", "malfunction 3 undone").after("timbra malfunction close 3"),
    done("timbra malfunction list", "stanza 3"),
    done("timbra punch add esempio 2026-11-03 08:02 in --malfunction 3", "malfunction 3"),
    // what changes after a statement was sent
    done("timbra send esempio 2026-10", "statement n. 3/2026").after("timbra outbox withdraw 7 --why sbagliato"),
    done("timbra send esempio 2026-10 --why \"...\"", "statement n. 3/2026")
        .after("timbra outbox withdraw 7 --why sbagliato"),
    // who lets a statement go
    done("timbra outbox show 7", "Subject: Prospetto mensile"),
    done("timbra outbox approve 7", "message 7: it leaves now"),
    done("timbra outbox withdraw 7 --why \"...\"", "message 7: the next one is made"),
    // the final report
    done("timbra report torino-03", "RELAZIONE FINALE SUL COWORKING"),
    done("timbra report torino-03 --out DIR", "DIR/bozza.pdf"),
    done("timbra report torino-03 --text DIR/relazione.toml --send", "report of torino-03, revision 1").after(WRITTEN),
    // watch it
    look("timbra status", "NEEDS ATTENTION"),
    done("timbra present", "Anna Esempio"),
    done("timbra statement esempio 2026-10", "PROSPETTO MENSILE DELLE PRESENZE IN COWORKING"),
    done("timbra explain esempio 2026-10-06", "Tuesday 2026-10-06"),
    done("timbra outbox", "sealed     rendered and stored"),
    // take the receipts
    look("timbra inbox", "LOOK: "),
    done("timbra inbox show 7", "not believed: it bears no signature"),
    done("timbra inbox settle 7 --why \"falsa\"", "message 7 of the inbox is settled"),
    done("timbra inbox take consegna.eml", "it is about no message of ours"),
    done("timbra receipt consegna.eml", "PEC receipt: avvenuta-consegna"),
    done("timbra outbox readdress 3 --to protocollo@sede.example", "takes the same document to the corrected address"),
    done("timbra outbox close 3 --misdirected --why \"altro ufficio\"", "a record for the data protection officer is open"),
    done("timbra outbox settle 3 --why \"nessuna notifica al Garante\"", "the record of message 3 is settled")
        .after("timbra outbox close 3 --misdirected --why \"altro ufficio\""),
    // prove it
    done("timbra outbox show 7 --bundle /tmp/prova-7", "sha256sum -c manifest.sha256"),
    done("cd /tmp/prova-7 && sha256sum -c manifest.sha256", "LEGGIMI.txt: OK")
        .after("timbra outbox show 7 --bundle /tmp/prova-7"),
    // keep it, and forget it
    // its daemon looked at the clock "yesterday", minutes ago
    done("timbra purge", "there is nothing to forget").after("timbra clock confirm"),
    done("timbra purge --yes", "forgotten").after("timbra clock confirm"),
    done("timbra subject M000001 --out /tmp/dati", "LEGGIMI.txt says what they are"),
    // back it up, and check it
    done("timbra verify", "all is as it was written"),
    done("timbra backup /srv/copie/timbra.tar", "checked"),
    done("timbra verify --backup /srv/copie/timbra.tar", "all is as it was written").after(BACKUP),
    done("timbra restore /srv/copie/timbra.tar --check", "nothing was changed").after(BACKUP),
    done("timbra restore /srv/copie/timbra.tar --with-configuration /etc/timbra --force", "no letter leaves until")
        .after(BACKUP),
    done("timbra outbox resume", "letters are not held"),
    // when something breaks
    done("timbra clock confirm", "the clock is right"),
    // the guide
    look("timbra explain esempio 2026-11-03 --lang it", "Martedì 03/11/2026"),
    look("timbra explain esempio 2026-11-03 --pdf giornata.pdf", "giornata.pdf"),
    done("timbra contest close esempio 2026-11-03 --ref \"nota del 9 novembre\"", "contest of 2026-11-03 settled")
        .after("timbra contest open esempio 2026-11-03 --ref \"nota del 5 novembre\""),
    done("timbra absence add esempio 2026-11-10 --ref \"PEC prot. 46\"", "absence 2026-11-10, the whole day"),
    done(
        "timbra day-change recall esempio 2026-11-10 --notice 2026-11-06 --ref \"PEC prot. 49\"",
        "recall 2026-11-10, notice given on 2026-11-06",
    )
    .at("2026-11-06 12:00"),
    look("timbra statement esempio 2026-11", "novembre 2026 - ANTEPRIMA"),
    look("timbra statement esempio 2026-11 --format pdf --out prospetto.pdf", ""),
    done("timbra outbox withdraw 7 --why \"manca un'assenza\"", "message 7: the next one is made"),
    done("timbra badge issue esempio 0007654321 --from 2026-11-10", "badge 0007654321 issued from 2026-11-10"),
    done("timbra badge loss esempio 0001234567 --on 2026-11-10", "badge 0001234567 lost on 2026-11-10")
        .at("2026-11-10 12:00"),
    done("timbra badge return esempio 0007654321 --on 2027-01-29", "badge 0007654321 returned on 2027-01-29")
        .after("timbra badge issue esempio 0007654321 --from 2026-11-10")
        .at("2027-01-29 12:00"),
    look("timbra report esempio --out relazione", "relazione/bozza.pdf").at("2027-02-03 12:00"),
    done("timbra report esempio --text relazione/relazione.toml --send", "report of esempio, revision 1")
        .after(SCRITTA)
        .at("2027-02-03 12:00"),
    done("timbra subject M000001 --out dati", "LEGGIMI.txt says what they are"),
];
