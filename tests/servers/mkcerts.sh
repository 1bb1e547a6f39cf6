#!/bin/bash
# Throw-away certificates: an authority, a good server, and three that must be refused: expired,
# for another name, of a foreign authority. Beside them who signs receipts: `signer`, and `forger`,
# of a foreign authority.
# usage: mkcerts.sh DIR
set -euo pipefail
mkdir -p "$1"; cd "$1"
q() { openssl "$@" 2>/dev/null; }
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
ca() { q req -x509 "${key[@]}" -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$2" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign; }
request() { # name san usage
  q req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n' "$2" "${3:-serverAuth}" > "$1.ext"
}
leaf() { # name authority san usage
  request "$1" "$3" "${4:-serverAuth}"
  q x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -extfile "$1.ext" -out "$1.pem" -days 30
}
ca ca "Test CA"; ca otherca "Foreign CA"
leaf server ca 'DNS:localhost,IP:127.0.0.1'
leaf wrongname ca 'DNS:mail.invalid'
leaf foreign otherca 'DNS:localhost,IP:127.0.0.1'
leaf signer ca 'email:posta-certificata@pec.test' emailProtection
leaf forger otherca 'email:posta-certificata@pec.test' emailProtection
# "openssl x509 -req" cannot date a certificate back; "openssl ca" can
mkdir -p db; : > db/index.txt; echo 01 > db/serial
cat > db/ca.cnf <<C
[ca]
default_ca=d
[d]
database=db/index.txt
serial=db/serial
new_certs_dir=db
default_md=sha256
policy=p
copy_extensions=none
[p]
commonName=supplied
C
request expired 'DNS:localhost,IP:127.0.0.1'
q ca -batch -config db/ca.cnf -in expired.csr -cert ca.pem -keyfile ca.key -startdate 20200101000000Z -enddate 20210101000000Z -extfile expired.ext -out expired.pem -notext
