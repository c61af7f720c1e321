<?php
// TO BCC isMail|isSendmail
require "/usr/share/php/libphp-phpmailer/autoload.php";
[, $to, $bcc, $way] = $argv;
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->$way();
$mail->CharSet = "UTF-8";
$mail->setFrom("alice@lab.example", "Alice Example");
$mail->addAddress($to);
$mail->addBCC($bcc);
$mail->Subject = "Grüße aus Köln";
$mail->Body = stream_get_contents(STDIN);
try {
    $mail->send();
} catch (Exception $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    exit(1);
}
