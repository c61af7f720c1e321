#include "build.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"

#include <string.h>

static int print(const char *name, const struct buf *text)
{
    ERR e = { 0 };
    if (say_out(buf_span(text), &e) == 0)
        return 0;
    say_error(name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}

static const char usage_postbag[] =
    "usage: postbag [options] recipient...          mail the message on standard input\n"
    "       postbag [options] -t                    the same, recipients from the header\n"
    "       postbag check                           is the configuration in order?\n"
    "       postbag test [ADDRESS]                  try every step; with ADDRESS send a test mail\n"
    "       postbag queue [COMMAND]                 look after the queue; see postbag help queue\n"
    "       postbag serve                           send for users who may not read a password\n"
    "       postbag help [TOPIC]                    TOPIC: config, secrets, queue, serve, "
    "sendmail, exit\n"
    "\n"
    "A first try:  printf 'Subject: hello\\n\\nIt works.\\n' | postbag -v you@example.com\n"
    "\n"
    "Options come before the recipients:\n";

static const char usage_sendmail[] =
    "usage: sendmail [options] recipient...\n"
    "       sendmail -t                             recipients from To, Cc and Bcc\n"
    "       sendmail -bv recipient...               show what aliases make of them\n"
    "       sendmail -bs                            speak SMTP on standard input and output\n"
    "       sendmail -bp                            list the queue\n"
    "       sendmail -q                             try to deliver what is in the queue\n"
    "\n"
    "This is postbag, called by its old name. All options of sendmail are taken; these count:\n";

static const char topic_config[] =
    "Files: " SYSCONFDIR "/postbag.conf, then ~/.config/postbag/config. A small one:\n"
    "\n"
    "  [account example]\n"
    "  host = smtp.example.com\n"
    "  user = you@example.com\n"
    "  password_command = pass show mail/example\n"
    "  from = you@example.com\n"
    "\n"
    "A file that holds a password must be yours alone: chmod 600. In a container set\n"
    "POSTBAG_URL=smtps://user:password@smtp.example.com?from=you@example.com\n"
    "All keys: man postbag.conf. `postbag check` shows what counts in the end.\n";

static const char topic_secrets[] =
    "Where the password comes from: an account has one of these keys.\n"
    "\n"
    "  password             itself; the file must then be yours alone (chmod 600)\n"
    "  password_file        the first line of a file\n"
    "  password_command     the first line that a command prints\n"
    "  password_credential  a credential that systemd hands to a service\n"
    "  password_env         an environment variable, for containers\n"
    "  netrc                ~/.netrc (netrc = yes) or another file, as curl has it\n"
    "  oauth_token_command  a token in its place, for providers that want OAuth2\n"
    "\n"
    "The keyring of the desktop. It is locked for cron and before the login:\n"
    "  secret-tool store --label=mail host smtp.example.com user you@example.com\n"
    "  password_command = secret-tool lookup host smtp.example.com user you@example.com\n"
    "\n"
    "pass, which needs a gpg-agent that knows the passphrase:\n"
    "  pass insert mail/example\n"
    "  password_command = pass show mail/example\n"
    "\n"
    "A service of systemd, with a secret that only this machine can read. The names must agree:\n"
    "  systemd-ask-password -n | systemd-creds encrypt --name=mail - "
    "/etc/credstore.encrypted/mail\n"
    "  LoadCredentialEncrypted=mail:/etc/credstore.encrypted/mail       in [Service] of the unit\n"
    "  password_credential = mail\n"
    "\n"
    "A command runs as the user who sends, without a shell, a terminal or input, and within\n"
    "`timeout`. If it exits with 75, the failure is temporary. The password goes into no "
    "argument,\n"
    "environment or log, and is *** in what -vv shows. `postbag test` tries it.\n";

static const char topic_queue[] =
    "usage: postbag queue [list]                  what is kept, oldest first (also: mailq)\n"
    "       postbag queue show ID                 one message, and what has become of it\n"
    "       postbag queue run                     try all of it now (also: sendmail -q), but for "
    "what\n"
    "                                             may have been delivered: half an hour later\n"
    "       postbag queue hold ID...              keep it back until it is released\n"
    "       postbag queue release ID...           try it again; also what was given up\n"
    "       postbag queue remove ID...            throw it away\n"
    "       postbag queue count                   how many messages wait\n"
    "       postbag queue check                   for monitoring: exit status 0, 1, 2 or 3\n"
    "\n"
    "The beginning of an ID is enough if no other has it; hold, release and remove take the word\n"
    "ALL. In a list * is being sent, ! is held, # was given up.\n"
    "\n"
    "A message is kept with mode = try (what fails for now) or mode = queue in [queue], or with\n"
    "--queue. Somebody must run the queue: the systemd units, `postbag queue run --watch`, or a\n"
    "line in the crontab: */5 * * * * /usr/local/bin/postbag queue run --due\n"
    "\n"
    "Options, beside those of postbag:\n";

static const char topic_serve[] =
    "For users who may not read the password: web servers, cron jobs, locked-in daemons. The\n"
    "service has a user of its own, postbag, and a configuration of its own:\n"
    "\n"
    "  systemd-sysusers                              makes the user\n"
    "  install -D -m 640 -g postbag my.conf " SYSCONFDIR "/postbag/serve.conf\n"
    "  postbag -C " SYSCONFDIR "/postbag/serve.conf check\n"
    "  systemctl enable --now postbag.service\n"
    "\n"
    "with an [account], dir = /var/lib/postbag/queue below [queue], and [aliases] for names such\n"
    "as root. The keys of [serve] say who may send how much and as whom. Users without a\n"
    "configuration find the service's socket, /run/postbag/submit or POSTBAG_SOCKET; for them\n"
    "`postbag check` names it, `postbag test` tries it, and mailq shows their own messages.\n"
    "\n"
    "Without systemd: `postbag -C FILE serve` as that user; see SERVICE in postbag(1).\n";

static const char topic_sendmail[] =
    "Callers that want /usr/sbin/sendmail: link that name to postbag.\n"
    "PHP: sendmail_path = /usr/sbin/sendmail -t -i   (never `postbag` itself: its long options\n"
    "are not for input from the web). With PHP 8.5 and later set exit_tempfail = 69, because it\n"
    "takes exit status 75 for success.\n"
    "cron: From root@localhost becomes the account's `from`; recipients without a domain need\n"
    "[aliases] default = you@example.com.\n"
    "Symfony, Laravel, Drupal: /usr/sbin/sendmail -bs speaks SMTP and passes the smarthost's own\n"
    "replies on; /usr/sbin/sendmail -t -i does as well.\n";

static const char topic_exit[] =
    "Exit status:\n"
    "   0  the smarthost has the message, or the queue has what is left\n"
    "  64  wrong call\n"
    "  65  message or address data\n"
    "  66  no input\n"
    "  67  no such recipient\n"
    "  68  no such host\n"
    "  69  refused for good; or STARTTLS, AUTH or a trusted certificate is missing\n"
    "  70  a bug; 71 to 74 system and files\n"
    "  75  try again later; nothing was queued\n"
    "  76  protocol or TLS failure\n"
    "  77  login or permission\n"
    "  78  configuration\n"
    "With --exit-status=reply a server's reply becomes 100+yz (4yz) or 200+yz (5yz).\n";

static const struct {
    const char *name;
    const char *text;
} topics[] = {
    { "config", topic_config }, { "secrets", topic_secrets },   { "queue", topic_queue },
    { "serve", topic_serve },   { "sendmail", topic_sendmail }, { "exit", topic_exit },
};

enum { TOPICS = sizeof topics / sizeof *topics };

static int no_topic(const struct options *o, const char *name)
{
    ERR e = { 0 };
    BUF known = { 0 };
    for (size_t i = 0; i < TOPICS; i++)
        buf_addf(&known, "%s%s", i ? ", " : "", topics[i].name);
    err_set(&e, ERR_USAGE, "no help on \"%s\"; topics: %s", name, buf_string(&known));
    say_error(o->name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}

static int print_topic(const struct options *o, const char *name)
{
    BUF text = { 0 };
    for (size_t i = 0; i < TOPICS; i++)
        if (strcmp(name, topics[i].name) == 0)
            buf_add_string(&text, topics[i].text);
    if (strcmp(name, "queue") == 0)
        options_describe_queue(&text);
    return text.len ? print(o->name, &text) : no_topic(o, name);
}

int cmd_help(const struct options *o)
{
    BUF text = { 0 };
    if (o->operands.n)
        return print_topic(o, o->operands.items[0]);
    buf_add_string(&text, o->door == DOOR_POSTBAG ? usage_postbag : usage_sendmail);
    options_describe(o->door, &text);
    if (o->door == DOOR_POSTBAG) {
        buf_add_string(&text, "\nBehind queue:\n");
        options_describe_queue(&text);
    }
    buf_add_string(&text, "\nManual: postbag(1), postbag.conf(5)\n");
    return print(o->name, &text);
}

int cmd_version(const struct options *o)
{
    BUF text = { 0 };
    buf_add_string(&text, "postbag " POSTBAG_VERSION "\n");
    return print(o->name, &text);
}
