#include "config/config.h"
#include "config/option.h"
#include "config/rules.h"
#include "config/serve_rules.h"
#include "config/units.h"

#include <assert.h>

#define FIELD_OF(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define SERVER(field)         .group = "server", FIELD_OF(struct account, net.field)
#define PROTOCOL(field)       .group = "server", FIELD_OF(struct account, smtp.field)
#define TLS(field)            .group = "tls", FIELD_OF(struct account, net.field)
#define AUTH(field)           .group = "auth", FIELD_OF(struct account, auth.field)
#define SENDER(field)         .group = "sender", FIELD_OF(struct account, mail.field)
#define CHOICE(field)         .group = "sender", .personal = true, FIELD_OF(struct account, field)
#define MESSAGE(field)        .group = "message", FIELD_OF(struct account, mail.field)
#define VERDICT(field)        .group = "verdict", FIELD_OF(struct account, field)
#define LOG(field)            .group = "log", .section = OPTION_LOG, FIELD_OF(struct log_opts, field)
#define QUEUE(field)          .group = "queue", .section = OPTION_QUEUE, FIELD_OF(struct queue_opts, field)
#define SERVE(field)          .group = "serve", .section = OPTION_SERVE, FIELD_OF(struct serve_opts, field)

/* Two fields that are set together. */
#define RATE                                                              \
    .group = "server", .offset = offsetof(struct account, rate_messages), \
    .size = sizeof(struct rate)
#define USER_RATE                              \
    .group = "serve", .section = OPTION_SERVE, \
    .offset = offsetof(struct serve_opts, rate_messages), .size = sizeof(struct rate)
#define RETRY                                                                                  \
    .group = "queue", .section = OPTION_QUEUE, .offset = offsetof(struct queue_opts, retry_s), \
    .size = sizeof(struct durations)

static_assert(offsetof(struct account, rate_period_s) - offsetof(struct account, rate_messages) ==
                  offsetof(struct rate, period_s),
              "struct rate");
static_assert(offsetof(struct serve_opts, rate_period_s) -
                      offsetof(struct serve_opts, rate_messages) ==
                  offsetof(struct rate, period_s),
              "struct rate");
static_assert(offsetof(struct queue_opts, retry_n) - offsetof(struct queue_opts, retry_s) ==
                  offsetof(struct durations, n),
              "struct durations");

enum { SECOND = 1000, WEEK = 7 * 86400 * SECOND };

#define YEAR (365LL * 86400 * SECOND)

static const struct option_choice protocols[] = {
    { "smtp", PROTOCOL_SMTP },
    { "lmtp", PROTOCOL_LMTP },
    { 0 },
};

static const struct option_choice tls_modes[] = {
    { "implicit", TLS_MODE_IMPLICIT },
    { "starttls", TLS_MODE_STARTTLS },
    { "off", TLS_MODE_OFF },
    { 0 },
};

static const struct option_choice families[] = {
    { "any", IP_ANY },
    { "4", IP_4 },
    { "6", IP_6 },
    { 0 },
};

static const struct option_choice switches[] = {
    { "auto", SWITCH_AUTO },
    { "off", SWITCH_OFF },
    { 0 },
};

static const struct option_choice tls_versions[] = {
    { "1.0", TLS_VERSION_1_0 },
    { "1.1", TLS_VERSION_1_1 },
    { "1.2", TLS_VERSION_1_2 },
    { "1.3", TLS_VERSION_1_3 },
    { 0 },
};

static const struct option_choice verifications[] = {
    { "yes", TLS_VERIFY_YES },
    { "insecure", TLS_VERIFY_INSECURE },
    { 0 },
};

static const struct option_choice rewrites[] = {
    { "auto", REWRITE_AUTO },
    { "always", REWRITE_ALWAYS },
    { "never", REWRITE_NEVER },
    { 0 },
};

static const struct option_choice notifications[] = {
    { "never", DSN_NOTIFY_NEVER },
    { "success", DSN_NOTIFY_SUCCESS },
    { "failure", DSN_NOTIFY_FAILURE },
    { "delay", DSN_NOTIFY_DELAY },
    { 0 },
};

static const struct option_choice returns[] = {
    { "hdrs", DSN_RETURN_HDRS },
    { "full", DSN_RETURN_FULL },
    { 0 },
};

static const struct option_choice exit_styles[] = {
    { "sysexits", EXIT_STYLE_SYSEXITS },
    { "reply", EXIT_STYLE_REPLY },
    { 0 },
};

static const struct option_choice queue_modes[] = {
    { "direct", QUEUE_MODE_DIRECT },
    { "try", QUEUE_MODE_TRY },
    { "queue", QUEUE_MODE_QUEUE },
    { 0 },
};

static const struct option_choice never[] = {
    { "off", 0 },
    { 0 },
};

static const struct option_choice yes[] = {
    { "yes", true },
    { 0 },
};

static const struct option_choice formats[] = {
    { "text", false },
    { "json", true },
    { 0 },
};

const struct option option_table[] = {
    { "host", SERVER(host), .type = OPTION_LIST, .check = check_host,
      .help = "smarthosts, tried in order: name[:port], [v6]:port, srv:domain or /path" },
    { "port", SERVER(port), .type = OPTION_NUMBER, .min = 1, .max = 65535,
      .help = "port for hosts that name none; by default 465, 587 or 25, as tls says" },
    { "protocol", PROTOCOL(protocol), .type = OPTION_CHOICE, .choices = protocols,
      .help = "by default smtp, and lmtp for a /path" },
    { "tls", SERVER(tls), .type = OPTION_CHOICE, .choices = tls_modes,
      .help = "by default implicit without a port or for 465 and 2465, starttls for any other, "
              "off for a /path" },
    { "domain", PROTOCOL(domain), .type = OPTION_STRING, .check = check_ehlo,
      .help = "name in EHLO; by default the host name if it has a dot, else [local address]" },
    { "timeout", SERVER(timeout_ms), .type = OPTION_DURATION, .initial = "15m", .min = SECOND,
      .max = WEEK, .help = "a whole delivery; if it is given, it binds every phase" },
    { "connect_timeout", SERVER(connect_timeout_ms), .type = OPTION_DURATION, .initial = "30s",
      .min = SECOND, .max = WEEK, .help = "name lookup, connection and greeting of one host" },
    { "command_timeout", SERVER(command_timeout_ms), .type = OPTION_DURATION, .initial = "5m",
      .min = SECOND, .max = WEEK, .help = "each reply of the server" },
    { "source_ip", SERVER(source_ip), .type = OPTION_STRING, .check = check_ip,
      .help = "local address to connect from" },
    { "ip", SERVER(ip), .type = OPTION_CHOICE, .choices = families, .initial = "any",
      .help = "version of IP to use" },
    { "proxy", SERVER(proxy), .type = OPTION_URL, .check = check_proxy,
      .help = "socks5://host:port or http://host:port to go through; it looks names up" },
    { "pipelining", PROTOCOL(pipelining), .type = OPTION_CHOICE, .choices = switches,
      .initial = "auto", .help = "off: await each reply before the next command" },
    { "chunking", PROTOCOL(chunking), .type = OPTION_CHOICE, .choices = switches, .initial = "auto",
      .help = "off: messages go by DATA, even if the server offers BDAT" },
    { "rate", RATE, .type = OPTION_RATE,
      .help = "messages that the queue sends in a minute, hour or day: 30/m, 100/h, 500/d" },

    { "tls_ca_file", TLS(tls_ca_file), .type = OPTION_PATH,
      .help = "trusted authorities (PEM); by default those of the system" },
    { "tls_crl_file", TLS(tls_crl_file), .type = OPTION_PATH,
      .help = "revoked certificates (PEM) that the authorities have published" },
    { "tls_name", TLS(tls_name), .type = OPTION_STRING, .check = check_tls_name,
      .help = "name to look for in the certificate; by default the host" },
    { "tls_pin", TLS(tls_pin), .type = OPTION_LIST, .check = check_pin,
      .help = "public keys of which one must fit, besides verification" },
    { "tls_fingerprint", TLS(tls_fingerprint), .type = OPTION_LIST, .check = check_pin,
      .help = "certificates or public keys of which one must fit, instead of verification" },
    { "tls_cert", TLS(tls_cert), .type = OPTION_URI, .help = "client certificate" },
    { "tls_key", TLS(tls_key), .type = OPTION_URI,
      .help = "key of the client certificate; by default in tls_cert" },
    { "tls_min", TLS(tls_min), .type = OPTION_CHOICE, .choices = tls_versions, .initial = "1.2",
      .help = "oldest version of TLS to accept" },
    { "tls_priority", TLS(tls_priority), .type = OPTION_STRING,
      .help = "GnuTLS priority string; replaces tls_min" },
    { "tls_verify", TLS(tls_verify), .type = OPTION_CHOICE, .choices = verifications,
      .initial = "yes", .help = "insecure: accept any certificate" },

    { "auth", AUTH(auth), .type = OPTION_LIST, .check = check_mechanism,
      .help = "auto, off, or mechanisms; by default auto if there is a user, else off" },
    { "auth_min", AUTH(auth_min), .type = OPTION_STRING, .check = check_auth_min,
      .help = "scram: never send the password itself; scram-plus: nobody in the middle either" },
    { "user", AUTH(user), .type = OPTION_STRING, .help = "name to log in with" },
    { "password", AUTH(password), .type = OPTION_SECRET,
      .help = "password; the file must then be private" },
    { "password_file", AUTH(password_file), .type = OPTION_PATH,
      .help = "file whose first line is the password" },
    { "password_command", AUTH(password_command), .type = OPTION_STRING,
      .help = "command whose first line of output is the password" },
    { "password_credential", AUTH(password_credential), .type = OPTION_STRING,
      .check = check_credential, .help = "systemd credential whose first line is the password" },
    { "password_env", AUTH(password_env), .type = OPTION_STRING, .check = check_variable,
      .help = "environment variable that is the password" },
    { "netrc", AUTH(netrc), .type = OPTION_PATH, .choices = yes,
      .help = "file of logins that has the password; yes: ~/.netrc" },
    { "oauth_token_command", AUTH(oauth_token_command), .type = OPTION_STRING,
      .help = "command whose first line of output is an OAuth 2.0 access token, in place of a "
              "password" },

    { "from", SENDER(from), .type = OPTION_STRING, .check = check_address,
      .help = "the account's own address" },
    { "from_name", SENDER(from_name), .type = OPTION_STRING,
      .help = "full name for a From that is added" },
    { "match", CHOICE(match), .type = OPTION_LIST, .check = check_pattern,
      .help = "patterns of senders that choose this account" },
    { "inherit", CHOICE(inherit), .type = OPTION_STRING, .check = check_account_name,
      .help = "account whose keys hold where this one has none" },
    { "default", CHOICE(is_default), .type = OPTION_BOOL, .initial = "no",
      .help = "the account to use when nothing else chooses one" },
    { "maildomain", SENDER(maildomain), .type = OPTION_STRING, .check = check_domain,
      .help = "domain for bare addresses; by default /etc/mailname if that has a dot" },
    { "rewrite_from", SENDER(rewrite_from), .type = OPTION_CHOICE, .choices = rewrites,
      .initial = "auto", .help = "auto: replace senders that nobody could answer" },
    { "aliases", SENDER(aliases), .type = OPTION_PATH,
      .help = "aliases file; by default /etc/aliases" },

    { "set_date", MESSAGE(set_date), .type = OPTION_BOOL, .initial = "yes",
      .help = "add a missing Date" },
    { "set_message_id", MESSAGE(set_message_id), .type = OPTION_BOOL, .initial = "yes",
      .help = "add a missing Message-ID" },
    { "max_size", MESSAGE(max_size), .type = OPTION_SIZE, .initial = "0", .max = INT64_MAX,
      .help = "largest message to send, 0 for any" },
    { "dsn_notify", MESSAGE(dsn_notify), .type = OPTION_SET, .choices = notifications,
      .check = check_notify, .help = "when the servers shall report on delivery" },
    { "dsn_return", MESSAGE(dsn_return), .type = OPTION_CHOICE, .choices = returns,
      .help = "how much of the message a report shall bring back" },
    { "undisclosed_recipients", MESSAGE(undisclosed_recipients), .type = OPTION_BOOL,
      .initial = "no", .help = "add To: undisclosed-recipients:; if there is neither To nor Cc" },

    { "exit_status", VERDICT(exit_style), .type = OPTION_CHOICE, .choices = exit_styles,
      .initial = "sysexits", .help = "reply: the server's reply code in eight bits" },
    { "exit_tempfail", VERDICT(exit_tempfail), .type = OPTION_NUMBER, .initial = "75", .min = 1,
      .max = 255, .help = "exit status of a temporary failure" },

    { "syslog", LOG(syslog), .type = OPTION_STRING, .initial = "mail", .check = check_facility,
      .help = "facility, or off" },
    { "file", LOG(file), .type = OPTION_PATH, .help = "file to log to, too" },
    { "format", LOG(json), .type = OPTION_CHOICE, .choices = formats, .initial = "text",
      .help = "json: one object a line" },

    { "mode", QUEUE(mode), .type = OPTION_CHOICE, .choices = queue_modes, .initial = "direct",
      .help = "try: keep what fails for now; queue: keep all and deliver later" },
    { "dir", QUEUE(dir), .type = OPTION_PATH,
      .help = "where messages are kept; by default postbag/queue in the user's state folder" },
    { "lifetime", QUEUE(lifetime_ms), .type = OPTION_DURATION, .initial = "5d", .max = YEAR,
      .help = "how long to try, 0 for ever" },
    { "bounce", QUEUE(bounce), .type = OPTION_STRING, .initial = "sender", .check = check_bounce,
      .help = "who hears of what cannot be delivered: sender, none, or an address" },
    { "warn_after", QUEUE(warn_after_ms), .type = OPTION_DURATION, .choices = never,
      .initial = "off", .min = SECOND, .max = YEAR,
      .help = "delay after which the sender hears of it" },
    { "retry", RETRY, .type = OPTION_DURATIONS, .initial = "1m, 2m, 5m, 10m, 20m, 30m, 1h, 2h, 3h",
      .min = SECOND, .max = WEEK, .help = "pauses between attempts; the last one repeats" },
    { "budget", QUEUE(budget_ms), .type = OPTION_DURATION, .initial = "20s", .min = SECOND,
      .max = WEEK, .help = "with mode = try: time for the first attempt" },
    { "max_messages", QUEUE(max_messages), .type = OPTION_NUMBER, .initial = "0", .max = 1000000000,
      .help = "most messages to keep, 0 for any number" },
    { "max_bytes", QUEUE(max_bytes), .type = OPTION_SIZE, .initial = "0", .max = INT64_MAX,
      .help = "most octets to keep, 0 for any number" },

    { "socket", SERVE(socket), .type = OPTION_PATH, .initial = SERVE_SOCKET,
      .help = "Unix socket that every user of this machine may connect to" },
    { "listen", SERVE(listen), .type = OPTION_LIST, .check = check_listen,
      .help = "loopback addresses to take SMTP at, too: 127.0.0.1:25" },
    { "users", SERVE(users), .type = OPTION_LIST, .check = check_user,
      .help = "who may submit: login names, @groups, numbers; by default everybody" },
    { "senders", SERVE(senders), .type = OPTION_LIST, .check = check_sender,
      .help = "who may use which sender, USER:PATTERN; by default any" },
    { "user_rate", USER_RATE, .type = OPTION_RATE,
      .help = "messages of each user in a minute, hour or day: 30/m, 100/h" },
    { "user_max_size", SERVE(max_size), .type = OPTION_SIZE, .initial = "50M", .max = INT64_MAX,
      .help = "largest message to take, 0 for any" },
    { "connections", SERVE(connections), .type = OPTION_NUMBER, .initial = "200", .min = 1,
      .max = 10000, .help = "most connections at once" },
    { "user_connections", SERVE(user_connections), .type = OPTION_NUMBER, .initial = "20", .min = 1,
      .max = 10000, .help = "most connections of one user at once" },
    { "wait", SERVE(wait_ms), .type = OPTION_DURATION, .initial = "20s", .max = WEEK,
      .help = "how long a submitter waits for the smarthost's verdict" },
    { "idle", SERVE(idle_ms), .type = OPTION_DURATION, .initial = "30s", .max = WEEK,
      .help = "how long an idle connection to the smarthost is kept open" },
};

const size_t option_count = sizeof option_table / sizeof *option_table;
