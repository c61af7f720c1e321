<?php
// TO BCC ENDS [SENDER]: mail(), with line ends of the user's fields and text as asked for.
[, $to, $bcc, $ends] = $argv;
$fields = ["From: Alice Example <alice@lab.example>", "Bcc: $bcc", "X-Note: kept",
           "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8",
           "Content-Transfer-Encoding: 8bit"];
$end = $ends == "crlf" ? "\r\n" : "\n";
$text = str_replace("\n", $end, stream_get_contents(STDIN));
$subject = "=?UTF-8?B?" . base64_encode("Grüße aus Köln") . "?=";
$more = isset($argv[4]) ? "-f$argv[4]" : "";
exit(mail($to, $subject, $text, implode($end, $fields), $more) ? 0 : 1);
