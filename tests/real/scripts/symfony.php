<?php
// TO BCC COMMAND: Symfony Mailer over a pipe; or, with a DSN in place of the command, over that.
require "/usr/share/php/Symfony/Component/Mailer/autoload.php";
use Symfony\Component\Mailer\{Mailer, Transport};
use Symfony\Component\Mime\{Address, Email};

[, $to, $bcc, $command] = $argv;
$pipe = "sendmail://default?command=" . urlencode($command);
$mailer = new Mailer(Transport::fromDsn(str_contains($command, "://") ? $command : $pipe));
$letter = (new Email())->from(new Address("alice@lab.example", "Alice Example"))
    ->to($to)->bcc($bcc)->subject("Grüße aus Köln")->text(stream_get_contents(STDIN));
try {
    $mailer->send($letter);
} catch (Exception $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    exit(1);
}
