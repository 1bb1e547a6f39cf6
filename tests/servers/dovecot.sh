#!/bin/bash
# Dovecot on loopback for one test, in the foreground: one mailbox in a Maildir, whose files the test
# writes. Ends with the process.
# usage: dovecot.sh DIR CERTIFICATES IMAP_PORT IMAPS_PORT
# DIR/mail is the Maildir; the user is presenze@ospitante.example, the password "segreta". Run by root, it
# works as nobody: Dovecot gives no mail to root.
set -euo pipefail
D=$(realpath "$1") C=$(realpath "$2")
U=$(id -un) G=$(id -gn)
if [ "$U" = root ]; then U=nobody G=$(id -gn nobody); fi
mkdir -p "$D"/{run,state} "$D"/mail/{new,cur,tmp}
echo 'presenze@ospitante.example:{PLAIN}segreta::::::' > "$D/users"
cat > "$D/dovecot.conf" <<CONF
protocols = imap
listen = 127.0.0.1
base_dir = $D/run
state_dir = $D/state
log_path = $D/dovecot.log
default_internal_user = $U
default_internal_group = $G
default_login_user = $U
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:$D/mail
mail_plugins = quota
ssl = yes
ssl_cert = <$C/server.pem
ssl_key = <$C/server.key
disable_plaintext_auth = yes
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $D/users
}
userdb {
  driver = static
  args = uid=$(id -u "$U") gid=$(id -g "$U") home=$D allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=200K
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $3
  }
  inet_listener imaps {
    port = $4
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
CONF
if [ "$(id -un)" != "$U" ]; then chown -R "$U:$G" "$D"; chmod a+rx "$D" "$(dirname "$D")"; fi
exec dovecot -F -c "$D/dovecot.conf"
