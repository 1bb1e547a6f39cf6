#!/bin/bash
# Exim on loopback, without root rights of its own: STARTTLS and AUTH on one port, implicit TLS on
# the other, delivery to a Maildir. Runs in the foreground; end it by ending the process.
# usage: exim.sh DIR CERTIFICATE_STEM SUBMISSION_PORT SMTPS_PORT     login: mittente@pec.test, segreta
set -euo pipefail
D=$1 C=$2 SUB=$3 SMTPS=$4
mkdir -p "$D"/{spool,log,mail}
user=$(id -un) run=()
if [ "$(id -u)" = 0 ]; then  # it refuses to deliver as root
  user=nobody run=(setpriv --reuid=nobody --regid="$(id -gn nobody)" --clear-groups)
  chown -R nobody "$D"; chmod a+rx "$D" "$(dirname "$D")" "$(dirname "$C")"; chmod a+r "$C".{pem,key}
fi
cat > "$D/exim.conf" <<C
exim_user = $user
exim_group = $(id -gn $user)
deliver_drop_privilege = true
log_file_path = $D/log/%slog
spool_directory = $D/spool
pid_file_path = $D/exim.pid
primary_hostname = localhost
keep_environment =
never_users =
daemon_smtp_ports = $SUB : $SMTPS
local_interfaces = 127.0.0.1
tls_on_connect_ports = $SMTPS
tls_advertise_hosts = *
tls_certificate = $C.pem
tls_privatekey = $C.key
message_size_limit = 30M
host_lookup =
rfc1413_query_timeout = 0s
disable_ipv6 = true
check_spool_space = 0
check_log_space = 0
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny  message = 5.7.0 authentication required
        ! authenticated = *
  defer message = 4.3.0 injected temporary failure
        local_parts = tmp451
  deny  message = 5.1.1 injected no such user
        local_parts = perm550
  accept
data:
  defer message = 4.3.0 injected DATA tempfail
        condition = \${if match{\$h_subject:}{\\\\[data451\\\\]}}
  accept
begin routers
all:
  driver = accept
  transport = store
begin transports
store:
  driver = appendfile
  directory = $D/mail/Maildir
  maildir_format
  create_directory
begin retry
* * F,1h,10s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{mittente@pec.test}}{eq{\$auth3}{segreta}}}}
  server_set_id = \$auth2
C
exec "${run[@]}" /usr/sbin/exim4 -C "$D/exim.conf" -bdf -q10s
