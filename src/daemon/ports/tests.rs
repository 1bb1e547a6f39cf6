use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::time::sleep;

use super::*;
use crate::daemon::clock;
use crate::store::{Store, StoreLock};

const HOST: &str = "[host]\nname = \"Prefettura\"\nkind = \"prefettura\"\ncity = \"Torino\"\nprovince = \"TO\"\n\
    patron = \"none\"\nresponsible = \"dott.ssa Carla Modello\"\n[host.contact]\nname = \"Carla Modello\"\n\
    email = \"a@ospitante.example\"\n[store]\nfolder = \"store\"\n[mail]\nfrom = \"b@ospitante.example\"\n";

static AHEAD: AtomicI64 = AtomicI64::new(0);

fn stepping() -> DateTime<Utc> {
    clock::now() + TimeDelta::seconds(AHEAD.load(Ordering::Relaxed))
}

fn show(end: &mut File, card: u32) {
    let checksum = card.to_be_bytes().iter().fold(1, |sum, byte| sum ^ byte);
    end.write_all(format!("\x0201{card:08X}{checksum:02X}\x03").as_bytes()).unwrap();
}

async fn until_stored(store: &Store, punches: u64) {
    let stored = async {
        while store.count_punches().unwrap() < punches {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), stored).await.unwrap();
}

#[test]
fn a_step_of_the_clock_is_noted_once_and_each_card_has_the_time_of_its_moment() {
    let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&end).unwrap();
    unlockpt(&end).unwrap();
    let port = ptsname(&end, Vec::new()).unwrap().into_string().unwrap();
    let mut end = File::from(end);
    let folder = tempfile::tempdir().unwrap();
    let table =
        format!("[[serial]]\nid = \"r\"\nport = \"{port}\"\nprotocol = \"rdm6300\"\ndirection = \"in\"\n");
    std::fs::write(folder.path().join("timbra.toml"), format!("{HOST}{table}")).unwrap();
    let config = Arc::new(crate::config::load(folder.path()).config.unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = clock::now();
    runtime.block_on(async {
        let store = Store::open(&config.store_folder).unwrap();
        let lock = StoreLock::take(&config.store_folder).unwrap();
        let mut ports = Ports::new(Arc::new(lock), Arc::default(), stepping);
        let opened = ports.arrived();
        ports.apply(&config, &Arc::new(Roster::of(&config))).await.unwrap();
        timeout(Duration::from_secs(20), opened.notified()).await.unwrap();
        for (card, ahead) in [(1, 0), (2, 3600), (3, 3600), (4, -86_400)] {
            AHEAD.store(ahead, Ordering::Relaxed);
            show(&mut end, card);
            until_stored(&store, u64::from(card)).await;
        }
        ports.bell().ring().await;
        let covered = store.readers().unwrap().pop().unwrap().covered_until.unwrap();
        assert!((covered - stepping()).abs() < TimeDelta::minutes(2), "{covered}");
        ports.end().await;
        let (from, to) = (begun - TimeDelta::days(3), begun + TimeDelta::days(3));
        let steps = store.clock_steps(from, to).unwrap();
        assert_eq!(steps.len(), 2, "{steps:?}");
        for (step, seconds) in steps.iter().zip([3600, -90_000]) {
            assert!((step.by - TimeDelta::seconds(seconds)).abs() < TimeDelta::seconds(2), "{step:?}");
        }
        let badges = ["0000000001", "0000000002", "0000000003", "0000000004"];
        let punches = store.punches_of(&badges.into(), from.date_naive(), to.date_naive()).unwrap();
        assert_eq!(punches.len(), 4);
        for punch in punches {
            let at =
                punch.local.and_utc() - TimeDelta::seconds(punch.offset.unwrap().local_minus_utc().into());
            let ahead =
                [0, 3600, 3600, -86_400][badges.iter().position(|badge| *badge == punch.badge).unwrap()];
            let drift = at - begun - TimeDelta::seconds(ahead);
            assert!(drift > TimeDelta::seconds(-2) && drift < TimeDelta::minutes(1), "{drift} {punch:?}");
            assert!(steps.iter().any(|step| step.is_around(at)), "{punch:?}");
        }
    });
}
