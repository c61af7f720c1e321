#include "peer.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "sasl_peer: %s\n", what);
    exit(1);
}

static void take_option(struct peer *p, const char *arg)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        { "cert=", &p->cert },         { "key=", &p->key },     { "ca=", &p->ca },
        { "priority=", &p->priority }, { "mechs=", &p->mechs }, { "user=", &p->user },
        { "password=", &p->password }, { "host=", &p->host },   { "flaw=", &p->flaw },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        size_t len = strlen(options[i].name);
        if (strncmp(arg, options[i].name, len) == 0) {
            *options[i].value = arg + len;
            return;
        }
    }
    check(false, arg);
}

static void load(struct peer *p)
{
    gnutls_certificate_allocate_credentials(&p->credentials);
    check(p->cert && p->key &&
              gnutls_certificate_set_x509_key_file(p->credentials, p->cert, p->key,
                                                   GNUTLS_X509_FMT_PEM) >= 0,
          "certificate");
    check(!p->ca || gnutls_certificate_set_x509_trust_file(p->credentials, p->ca,
                                                           GNUTLS_X509_FMT_PEM) > 0,
          "authorities");
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 16) == 0 &&
              getsockname(fd, (struct sockaddr *)&address, &len) == 0,
          "listen");
    printf("port %d\n", ntohs(address.sin_port));
    return fd;
}

int main(int argc, char **argv)
{
    struct peer *p = calloc(1, sizeof *p);
    check(p, "memory");
    *p = (struct peer){ .mechs = "PLAIN", .user = "user", .password = "pencil", .flaw = "" };
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    for (int i = 1; i < argc; i++)
        take_option(p, argv[i]);
    load(p);
    int listener = listen_somewhere();
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        check(fd >= 0, "accept");
        if (wire_open(p, fd))
            smtp_serve(p);
        wire_close(p);
        close(fd);
        puts("end");
    }
}
