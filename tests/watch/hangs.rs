//! A share that hangs holds up nobody but whoever wants to write there.

use std::fs;
use std::process::Command;

use crate::office::skipped;

use super::entry_now;
use super::page::office;

/// A library that lets every file be renamed but those of a share, whose renaming never ends.
const HANGING: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    while (strstr(to, "/share/")) sleep(1000);
    return real(from, to);
}
"#;

#[test]
fn a_share_that_hangs_holds_up_nothing_else() {
    let mut office = office(
        "[page]\nfolder = \"../share\"\n[alert]\nfolder = \"../share\"\n[metrics]\nfile = \"../timbra.prom\"\n\
         [malfunction]\nafter_minutes = 0\n",
    );
    let (source, library) = (office.path("hanging.c"), office.path("hanging.so"));
    fs::write(&source, HANGING).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    if !made.is_ok_and(|status| status.success()) {
        return skipped("no C compiler: no share can be made to hang");
    }
    // an alarm at once: a folder that is not there
    office.readers += "[[folder]]\nid = \"altro\"\npath = \"../none\"\nformat = \"zk-attlog\"\n";
    office.write();
    office.environment.push(("LD_PRELOAD", library.display().to_string()));
    fs::create_dir(office.path("share")).unwrap();
    let daemon = office.run_ready();
    let waits = |end: &str| {
        let files = office.files("share");
        files.iter().any(|(path, _)| path.to_string_lossy().ends_with(end))
    };
    office.until("page and alarm wait in the share", || waits(".index.html.part") && waits(".txt.part"));
    let punches = office.punches();
    office.drop("oggi.dat", entry_now("0001217496"));
    office.until("punches come in", || office.punches() > punches);
    office.until("the figures go on", || {
        fs::read_to_string(office.path("timbra.prom")).unwrap_or_default().contains("reader=\"ingresso\"")
    });
    let (ended, _) = daemon.stop();
    assert_eq!(ended.code(), Some(0), "{}", office.journal());
    // the share hangs for ever, and the end came without anybody being waited for
    assert!(!office.journal().contains("did not stop in time"), "{}", office.journal());
    assert!(!office.path("share/index.html").exists(), "the share did hang");
}
