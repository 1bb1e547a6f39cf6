# The state that the shown commands find, made by commands of its own. Runs in $OFFICE/here, from where
# the commands are typed. The numbers of entries, messages and malfunctions are those that are shown.
set -eu

# `timbra` with the configuration of this office and the clock of this test, first in the path
mkdir -p "$PROGRAMS"
cat > "$PROGRAMS/timbra" <<'END'
#!/bin/sh
export LD_PRELOAD="$MOVER"
exec "$TIMBRA" --config "$OFFICE/etc/timbra" "$@"
END
# they would change the machine; their files are the units' of systemd/
for program in systemd-sysusers systemd-tmpfiles; do printf '#!/bin/sh\n' > "$PROGRAMS/$program"; done
chmod +x "$PROGRAMS"/*

cp -r "$SOURCE/config" "$SOURCE/systemd" .
settings=$OFFICE/etc/timbra/timbra.toml
agreements=$OFFICE/etc/timbra/agreements
mkdir -p "$OFFICE/etc/systemd/system" "$OFFICE/etc/sysusers.d" "$OFFICE/etc/tmpfiles.d" \
    "$OFFICE/srv/timbra/ingresso" "$OFFICE/srv/copie" "$OFFICE/srv/pec" "$OFFICE/tmp"
cp -r config "$OFFICE/etc/timbra"
set_to() { # set_to FILE LINE NEW: a key of the sample gets another value
    grep -q "^$2" "$1" || { echo "$1 has no line $2"; exit 1; }
    sed -i "s|^$2.*|$3|" "$1"
}
set_to "$settings" '# folder = "/var/lib/timbra" ' 'folder = "../../store"'
set_to "$settings" 'path = "/srv/timbra/ingresso"' 'path = "../../srv/timbra/ingresso"'
set_to "$settings" '# officers = ' 'officers = ["anna"]'
set_to "$settings" '# require_time_server = ' 'require_time_server = false'
set_to "$settings" '# remind_days_before = ' 'remind_days_before = 0'
set_to "$settings" '# ca_file = "/etc/timbra/agid-ca.pem"' "ca_file = \"$SOURCE/fixtures/pec/test-ca.pem\""
set_to "$settings" '# \[receipts.folder\]' '[receipts.folder]\npath = "../../srv/pec"'

# esempio runs, its statements wait for an officer; torino-03 is over
set_to "$agreements/esempio.toml" '# first_month = ' 'first_month = "2026-10"'
printf 'il testo firmato\n' > intesa.pdf
signed=$(sha256sum intesa.pdf | cut -d ' ' -f 1)
sed -e 's/M000001/M000003/; s/0001234567/0003333333/; s/^given_name.*/given_name = "Ugo"/; s/^title = "dott.ssa"/title = "dott."/' \
    -e 's/^end = .*/end = 2026-10-31/; s/^reference = "prot. 12345/reference = "prot. 45/; s/presenze@pec/torino@pec/' \
    -e "/^\[signature\]/,\$s/^# file_sha256 = .*/file_sha256 = \"$signed\"/" \
    "$agreements/esempio.toml" > "$agreements/torino-03.toml"
set_to "$agreements/esempio.toml" '# release = ' 'release = "approve"'

for day in 2026-09-08 2026-09-09 2026-09-15 2026-09-22 2026-09-23 2026-10-06 2026-10-07 2026-10-13 2026-10-20 2026-10-21 2026-11-03; do
    for punch in '08:00:00\t1\t0' '13:00:00\t1\t1' '13:30:00\t1\t0' '15:42:00\t1\t1'; do
        printf "0001234567\t$day $punch\t1\t0\r\n"
        [ $day = 2026-11-03 ] || printf "0003333333\t$day $punch\t1\t0\r\n"
    done
done > 1_attlog.dat
touch -d '2026-11-03 17:00 UTC' 1_attlog.dat

at() { export FAKETIME="@$1:00"; }
at '2026-10-26 09:00'
timbra plan esempio 2026-11 2026-11-03 2026-11-10 --ref 'PEC prot. 40'
at '2026-11-04 09:00'
timbra import 1_attlog.dat --reader ingresso
for item in pc connection access security; do
    timbra checklist esempio set $item --on 2026-08-31
done
TIMBRA_TEST_USER=bruno timbra punch add esempio 2026-11-03 16:05 out --ref 'foglio firme' # 6
timbra channel test esempio
timbra channel test esempio
timbra send torino-03 2026-10 # 3
for specimen in 4 5 6; do timbra channel test esempio; done
timbra send esempio 2026-10 # 7
at '2026-11-03 11:00'
for room in 1 2 3; do
    timbra malfunction open --kind network --systems "stanza $room" --expected '2026-11-03 14:00'
done

# what comes back: six about messages of another office, and one that nobody has signed
number=1
for receipt in 01-accettazione 03-avvenuta-consegna-completa 08-errore-consegna-no-dest 12-preavviso-12h \
    13-preavviso-24h 30-busta-con-ricevuta-falsa-dentro; do
    cp "$SOURCE/fixtures/pec/$receipt.eml" "$OFFICE/srv/pec/$number.eml"
    number=$((number + 1))
done
cat > "$OFFICE/srv/pec/7.eml" <<END
From: posta-certificata@pec.example.it
To: presenze@prefettura-ospitante.example
Subject: CONSEGNA: Prospetto mensile
Message-ID: <falsa@pec.example.it>
X-Ricevuta: avvenuta-consegna
X-Riferimento-Message-ID: <pres.2026-10.torino-03.n1-2026.r1@prefettura-ospitante.example>

consegnato
END
cp "$SOURCE/fixtures/pec/04-avvenuta-consegna-breve.eml" consegna.eml
