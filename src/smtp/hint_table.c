/* The replies that are known. See hint.h for how a row is read.
 *
 * Words are what providers really say, short enough to outlive small changes and long enough to
 * mean one thing only: "Relay access denied", not "denied". Remedies name keys of the account. */
#include "smtp/hint.h"

#define AT(stage)            (1U << STAGE_##stage)
#define SAYS(...)            .words = { __VA_ARGS__ }
#define WHEN(at, reply_code) .stages = (at), .code = (reply_code)

enum {
    ANY = 0,
    EHLO = AT(EHLO),
    LOGIN = AT(AUTH),
    END = AT(END),
    /* Some servers judge the sender at MAIL, Postfix at RCPT, others when they have the header. */
    ENVELOPE = AT(MAIL) | AT(RCPT) | AT(DATA) | AT(END),
};

static const char log_in[] = "the server wants a login first: set user and password";
static const char use_app_password[] =
    "this provider takes an app password only: make one in the settings of the account and set it "
    "as password";
static const char use_oauth[] =
    "Microsoft takes no password here, nor an app password: OAuth 2.0 is the way, unless an "
    "administrator allows basic authentication";
static const char use_tls[] = "the server wants TLS first: set tls = starttls or tls = implicit";
static const char use_own_address[] =
    "the sender is not an address of this account: set from to the account's own address";
static const char use_known_address[] =
    "the server refuses the sender: set from to your address with this provider";
static const char use_full_name[] =
    "the server does not like the name in EHLO: set domain to the full name of this machine, or to "
    "an address like [192.0.2.1]";
static const char use_submission[] =
    "this server is for incoming mail: set host to your provider's submission server, with user "
    "and password";
static const char register_machine[] =
    "the relay does not know this machine: register its IP address there (Google: in the Admin "
    "console), or set user and password";
static const char relay[] =
    "the server relays for its own users only: set user and password, and host to your provider's "
    "submission server";
static const char slow_down[] =
    "the server wants less mail in this time: send more slowly, and try this again later";
static const char come_back[] =
    "the server makes senders that it does not know wait: try again in 5 to 15 minutes";
static const char wait_hours[] =
    "the account's limit for 24 hours is used up: send the mail again some hours later";
static const char no_room[] =
    "a mailbox is full, most likely the recipient's: try again when there is room in it";
static const char too_large[] =
    "the message is larger than the server takes: send less at once; max_size can refuse such mail "
    "beforehand";
static const char later[] = "the server has trouble of its own: try again later";

const struct hint hint_table[] = {
    /* Google */
    { SAYS("application-specific password required"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "2-step verification is on: make an app password at "
              "https://myaccount.google.com/apppasswords and set it as password" },
    { SAYS("username and password not accepted"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "Gmail needs an app password here, a new one after each change of the account's own: "
              "https://myaccount.google.com/apppasswords" },
    { SAYS("please log in", "web browser", "then try again"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "Google blocked this login: log in once with a web browser, confirm that it was you, "
              "then try again" },
    { SAYS("too many login attempts"), WHEN(LOGIN, 4), .class = HINT_TEMPORARY, .seen = "2026-11",
      .text = "check user and password, and wait 15 minutes or more before the next try" },
    { SAYS("daily user sending", "exceeded"), WHEN(ANY, 5), .class = HINT_QUOTA, .seen = "2026-11",
      .text = wait_hours },
    { SAYS("daily smtp relay", "exceeded"), WHEN(ANY, 5), .class = HINT_QUOTA, .seen = "2026-11",
      .text = wait_hours },
    { SAYS("try again later, closing connection"), WHEN(ANY, 421), .class = HINT_QUOTA,
      .seen = "2026-11", .text = slow_down },
    { SAYS("unusual rate of"), WHEN(ANY, 4), .class = HINT_QUOTA, .seen = "2026-11",
      .text = slow_down },
    { SAYS("mail relay denied"), WHEN(ANY, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = register_machine },
    { SAYS("invalid credentials for relay"), WHEN(ANY, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = register_machine },
    { SAYS("not authorized to send email directly to our servers"), WHEN(ANY, 5),
      .class = HINT_POLICY, .seen = "2024-09", .text = use_submission },
    { SAYS("sender address", "is not a valid rfc 5321 address"), WHEN(ENVELOPE, 5),
      .class = HINT_SENDER, .seen = "2026-11",
      .text = "the sender has no real domain, as in user@localhost: set from to your own address" },
    { SAYS("messages missing a valid address in", "from"), WHEN(END, 5), .class = HINT_SENDER,
      .seen = "2026-11",
      .text = "the message has no usable From field: correct it, or set from and rewrite_from = "
              "always" },
    { SAYS("rfc 5322 compliant", "duplicate headers"), WHEN(END, 5), .class = HINT_SENDER,
      .seen = "2026-11",
      .text = "a header field that may stand only once is there twice: correct the program that "
              "writes From, To, Subject, Date" },
    { SAYS("messages missing a valid message-id"), WHEN(END, 5), .class = HINT_SENDER,
      .seen = "2026-11",
      .text = "the Message-ID is malformed or missing: leave it out, and set_message_id = yes adds "
              "a good one" },
    { SAYS("message size limits"), WHEN(ENVELOPE, 5), .class = HINT_SIZE, .seen = "2026-11",
      .text = too_large },
    { SAYS("this message was blocked because its content"), WHEN(END, 5), .class = HINT_POLICY,
      .seen = "2026-11",
      .text = "the server takes no programs or scripts, nor archives of them: put the file "
              "elsewhere and mail its address" },
    { SAYS("out of storage space"), WHEN(ANY, 4), .class = HINT_TEMPORARY, .seen = "2026-11",
      .text = no_room },
    { SAYS("is over quota"), WHEN(ANY, 4), .class = HINT_TEMPORARY, .seen = "2026-11",
      .text = no_room },
    { SAYS("your message has too many recipients"), WHEN(ENVELOPE, 452), .class = HINT_TEMPORARY,
      .seen = "2026-11", .text = "send to fewer recipients at once" },

    /* Microsoft. Its reply to MAIL may quote what it said to AUTH, hence no stages. */
    { SAYS("smtpclientauthentication is disabled for the tenant"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "SMTP AUTH is off in the whole organization, for OAuth too; an administrator can "
              "allow it: https://aka.ms/smtp_auth_disabled" },
    { SAYS("smtpclientauthentication is disabled for the mailbox"), WHEN(ANY, 5),
      .class = HINT_AUTH, .seen = "2026-11",
      .text = "SMTP AUTH is off for this mailbox, for OAuth too; for the administrator: "
              "Set-CASMailbox USER -SmtpClientAuthenticationDisabled $false" },
    { SAYS("basic authentication is disabled"), WHEN(ANY, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = use_oauth },
    { SAYS("basic authentication is not supported"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11", .text = use_oauth },
    { SAYS("locked by your organization's security defaults policy"), WHEN(ANY, 5),
      .class = HINT_AUTH, .seen = "2026-11",
      .text = "the Security Defaults of the organization block SMTP AUTH; only its administrator "
              "can change that" },
    { SAYS("did not meet the criteria to be authenticated"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "Conditional Access refused this login, often because it does not know the IP "
              "address; only an administrator can change that" },
    { SAYS("the user credentials were incorrect"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "user or password is wrong, or the account has multi-factor login and needs an app "
              "password" },
    { SAYS("authentication unsuccessful"), WHEN(LOGIN, 5), .enhanced = "5.7.3", .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "Exchange refuses this login: check user and password, and that the mailbox may use "
              "SMTP AUTH (with OAuth: its permission and scope)" },
    { SAYS("not authenticated to send", "mail"), WHEN(ENVELOPE, 5), .class = HINT_AUTH,
      .seen = "2026-11", .text = log_in },
    { SAYS("unrecognized authentication type"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "the server does not know this mechanism: set auth = LOGIN, or another one that it "
              "offers" },
    { SAYS("sender throttled due to continuous"), WHEN(ANY, 5), .class = HINT_QUOTA,
      .seen = "2026-11",
      .text = "Microsoft holds this mailbox after many of the errors named: stop, remove "
              "their cause, wait; each try makes it longer" },
    { SAYS("sendasdenied"), WHEN(ANY, 5), .class = HINT_SENDER, .seen = "2026-11",
      .text = "the mailbox may not send as this sender: set from to its own address, or let an "
              "administrator grant Send As" },
    { SAYS("does not have permissions to send as this sender"), WHEN(ANY, 5), .class = HINT_SENDER,
      .seen = "2026-11",
      .text = "the mailbox may not send as this sender: set from to its own address, or let an "
              "administrator grant Send As" },
    { SAYS("sender thread limit exceeded"), WHEN(ANY, 4), .class = HINT_TEMPORARY,
      .seen = "2026-11",
      .text = "Microsoft takes 3 connections of a mailbox at a time: send one after the other" },
    { SAYS("concurrent connections limit exceeded"), WHEN(ANY, 4), .class = HINT_TEMPORARY,
      .seen = "2026-11",
      .text = "Microsoft takes 3 connections of a mailbox at a time: send one after the other" },
    { SAYS("submissionquotaexceeded"), WHEN(ANY, 5), .class = HINT_QUOTA, .seen = "2026-11",
      .text = "the mailbox has used up its 10000 recipients a day: send the mail again some hours "
              "later" },
    { SAYS("access denied, banned sending ip"), WHEN(ANY, 5), .class = HINT_POLICY,
      .seen = "2026-11", .text = use_submission },
    { SAYS("temporary server error"), WHEN(ANY, 451), .class = HINT_TEMPORARY, .seen = "2026-11",
      .text = later },
    { SAYS("service not available"), WHEN(ANY, 421), .class = HINT_TEMPORARY, .seen = "2026-11",
      .text = later },

    /* Mailboxes */
    /* Yahoo, AOL, AT&T */
    { SAYS("request failed; mailbox unavailable"), WHEN(AT(MAIL), 550), .class = HINT_SENDER,
      .seen = "2026-11",
      .text = "this is about the sender, not the recipient: set from to the account's own "
              "address" },
    /* iCloud */
    { SAYS("from address is not one of your addresses"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .seen = "2026-11", .text = use_own_address },
    /* Fastmail */
    { SAYS("not authorised to send from this header address"), WHEN(ENVELOPE, 5),
      .class = HINT_SENDER, .seen = "2026-11",
      .text = "the From field names a foreign address: write one of the account's, or set from and "
              "rewrite_from = always" },
    { SAYS("does not have access rights to this service"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "allow mail programs in the mailbox's settings (Yandex: Email clients), and set an "
              "app password as password" },
    { SAYS("parol prilozheniya"), WHEN(LOGIN, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = use_app_password },
    /* WEB.DE, GMX, IONOS */
    { SAYS("sender address is not allowed"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .seen = "2026-11", .text = use_own_address },
    { SAYS("relaying disallowed as"), WHEN(ENVELOPE, 5), .class = HINT_SENDER, .seen = "2026-11",
      .text =
          "the sender is no alias of this Zoho account, or host is of another region: set from, "
          "or host (smtp.zoho.eu, smtp.zoho.in ...)" },
    /* QQ */
    { SAYS("must be same as authorization user"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .seen = "2019-08", .text = use_own_address },

    /* Services for programs, and their software */
    { SAYS("email address is not verified"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .seen = "2026-11",
      .text =
          "Amazon SES has not verified this address in this region (in its sandbox: recipients, "
          "too): verify it there, or set from" },
    { SAYS("throttling failure: maximum sending rate exceeded"), WHEN(ANY, 4), .class = HINT_QUOTA,
      .seen = "2026-11",
      .text = "more messages a second than the Amazon SES account may send: try again in some "
              "seconds" },
    { SAYS("throttling failure: daily message quota exceeded"), WHEN(ANY, 4), .class = HINT_QUOTA,
      .seen = "2026-11", .text = wait_hours },
    /* GMX, WEB.DE and IONOS use the same words, those of RFC 4954 */
    { SAYS("authentication credentials invalid"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "check user and password; Amazon SES: SMTP credentials of this region, not IAM keys; "
              "GMX, WEB.DE: allow POP3/IMAP access first" },
    { SAYS("is not authorized to perform", "ses:send"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "the IAM user's policy does not allow ses:SendRawEmail with this sender: extend it" },
    { SAYS("does not match a verified sender identity"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .seen = "2024-04",
      .text = "SendGrid does not know this sender: verify the address or its domain there, or set "
              "from" },
    { SAYS("unauthenticated senders not allowed"), WHEN(ENVELOPE, 5), .class = HINT_AUTH,
      .seen = "2021-02", .text = log_in },
    /* SendGrid */
    { SAYS("maximum credits exceeded"), WHEN(ANY, 4), .class = HINT_QUOTA, .seen = "2026-11",
      .text = "the plan's number of messages is used up: wait for the next period, or extend the "
              "plan" },
    { SAYS("mailgun is not loving your login or password"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11",
      .text = "Mailgun wants the domain's SMTP user and password; domains in the EU need host = "
              "smtp.eu.mailgun.org" },
    { SAYS("unauthorized ip address"), WHEN(ANY, 5), .class = HINT_AUTH,
      .text = "allow this machine's IP address in the provider's security settings (Brevo: "
              "Authorized IPs)" },
    /* Postal */
    { SAYS("from/sender name is not valid"), WHEN(END, 530), .class = HINT_SENDER,
      .seen = "2021-07", .text = use_own_address },
    /* Brevo */
    { SAYS("please authenticate first"), WHEN(ENVELOPE, 5), .class = HINT_AUTH, .seen = "2026-04",
      .text = log_in },
    { SAYS("only send testing emails to your own email address"), WHEN(ANY, 5),
      .class = HINT_SENDER, .seen = "2026-11",
      .text = "Resend takes mail to others only from a verified domain: verify yours there, and "
              "set from" },

    /* Any server: TLS, login, EHLO */
    { SAYS("must issue a starttls command first"), WHEN(ANY, 5), .class = HINT_AUTH,
      .seen = "2026-11", .text = use_tls },
    { SAYS("starttls"), WHEN(ANY, 530), .class = HINT_AUTH, .text = use_tls },
    /* RFC 4954 */
    { SAYS("without ssl/tls encryption is not allowed"), WHEN(ANY, 530), .class = HINT_AUTH,
      .seen = "2015-07", .text = use_tls },
    { SAYS("encryption required for requested auth"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .seen = "2026-11", .text = use_tls },
    /* RFC 4954 */
    { SAYS("mechanism", "too weak"), WHEN(LOGIN, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = "the server wants a stronger mechanism: set auth to one that it offers, such as "
              "SCRAM-SHA-256" },
    { SAYS("authentication exchange line", "too long"), WHEN(LOGIN, 5), .class = HINT_AUTH,
      .text = "the password or token is too long for the server: use a shorter one" },
    { SAYS("authentication required"), WHEN(ANY, 530), .class = HINT_AUTH, .seen = "2026-11",
      .text = log_in },
    { SAYS("helo/ehlo argument", "invalid"), WHEN(EHLO, 5), .class = HINT_AUTH, .seen = "2026-11",
      .text = use_full_name },
    { SAYS("invalid domain name"), WHEN(EHLO, 501), .class = HINT_AUTH, .seen = "2026-04",
      .text = use_full_name },
    /* Exim */
    { SAYS("syntactically invalid", "argument(s)"), WHEN(EHLO, 5), .class = HINT_AUTH,
      .seen = "2024-03", .text = use_full_name },
    /* Postfix */
    { SAYS("helo command rejected"), .class = HINT_AUTH, .text = use_full_name },

    /* Any server: relaying and senders */
    { SAYS("relay access denied"), WHEN(ENVELOPE, 0), .class = HINT_RELAY, .seen = "2026-11",
      .text = relay },
    { SAYS("relaying denied"), WHEN(ENVELOPE, 0), .class = HINT_RELAY, .seen = "2026-11",
      .text = relay },
    /* Exim */
    { SAYS("relay not permitted"), WHEN(ENVELOPE, 5), .class = HINT_RELAY, .text = relay },
    /* Exchange */
    { SAYS("unable to relay"), WHEN(ENVELOPE, 5), .class = HINT_RELAY, .text = relay },
    /* qmail */
    { SAYS("list of allowed rcpthosts"), WHEN(ENVELOPE, 5), .class = HINT_RELAY, .text = relay },
    /* Postfix */
    { SAYS("client host rejected: access denied"), WHEN(ANY, 5), .class = HINT_AUTH,
      .text = "the server takes mail from this machine with a login only, if at all: set user and "
              "password" },
    { SAYS("sender address rejected: not logged in"), WHEN(ENVELOPE, 0), .class = HINT_AUTH,
      .text = log_in },
    /* Yandex */
    { SAYS("sender address rejected: not owned by auth user"), WHEN(ENVELOPE, 0),
      .class = HINT_SENDER, .seen = "2026-11", .text = use_own_address },
    /* Postfix */
    { SAYS("sender address rejected: not owned by user"), WHEN(ENVELOPE, 0), .class = HINT_SENDER,
      .text = use_own_address },
    { SAYS("sender address rejected:"), WHEN(ENVELOPE, 0), .class = HINT_SENDER,
      .text = use_known_address },
    { SAYS("not allowed to send as"), WHEN(ENVELOPE, 5), .class = HINT_SENDER,
      .text = use_own_address },
    { SAYS("sender", "not allowed"), WHEN(AT(MAIL), 5), .class = HINT_SENDER, .seen = "2021-11",
      .text = use_known_address },
    { SAYS("sender", "not owned"), WHEN(AT(MAIL), 5), .class = HINT_SENDER,
      .text = use_known_address },

    /* Any server: come back later */
    { SAYS("greylist"), WHEN(ENVELOPE, 4), .class = HINT_TEMPORARY, .text = come_back },
    { SAYS("graylist"), WHEN(ENVELOPE, 4), .class = HINT_TEMPORARY, .text = come_back },
    { SAYS("error: too much mail from"), WHEN(ANY, 4), .class = HINT_QUOTA, .text = slow_down },
    { SAYS("error: too many connections from"), WHEN(ANY, 4), .class = HINT_QUOTA,
      .text = slow_down },
    { SAYS("rate limit"), WHEN(ANY, 4), .class = HINT_QUOTA, .text = slow_down },

    /* By codes, where they mean one thing */
    { WHEN(AT(GREETING), 421), .class = HINT_TEMPORARY,
      .text = "the server is overloaded, or takes nothing from this address now: try again later" },
    { WHEN(AT(GREETING), 554), .class = HINT_NETWORK,
      .text = "the server takes nothing from this IP address: check host, and whether your address "
              "is on a block list" },
    { WHEN(LOGIN, 535), .class = HINT_AUTH,
      .text = "check user (often the whole address) and password; many providers want an app "
              "password here" },
    { WHEN(LOGIN, 538), .class = HINT_AUTH, .text = use_tls },
    { WHEN(LOGIN, 504), .class = HINT_AUTH,
      .text = "the server does not know this mechanism: set auth to another one that it offers" },
    { WHEN(LOGIN, 454), .class = HINT_TEMPORARY,
      .text = "the server cannot check logins at the moment: try again later" },
    { WHEN(AT(MAIL) | AT(RCPT) | AT(DATA), 530), .class = HINT_AUTH, .text = log_in },
    { SAYS("message size exceeds"), WHEN(ENVELOPE, 552), .class = HINT_SIZE, .text = too_large },
    { WHEN(ENVELOPE, 5), .enhanced = "5.3.4", .class = HINT_SIZE, .text = too_large },
};

const size_t hint_count = sizeof hint_table / sizeof *hint_table;
