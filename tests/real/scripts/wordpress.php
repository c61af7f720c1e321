<?php
// TO BCC: wp_mail() of WordPress, loaded without its data base.
define("ABSPATH", "/usr/share/wordpress/");
define("WPINC", "wp-includes");
define("WP_DEBUG", false);
$parts = ["load", "plugin", "functions", "formatting", "class-wp-error", "http", "pluggable"];
foreach ($parts as $part) {
    require ABSPATH . WPINC . "/$part.php";
}
// What the site's settings would say.
function get_bloginfo($what) { return $what == "charset" ? "UTF-8" : "site"; }
function network_home_url() { return "https://lab.example/"; }
function __($text) { return $text; }

add_action("wp_mail_failed", function ($error) {
    fwrite(STDERR, $error->get_error_message() . "\n");
});
[, $to, $bcc] = $argv;
$fields = ["From: Alice Example <alice@lab.example>", "Bcc: $bcc"];
exit(wp_mail($to, "Grüße aus Köln", stream_get_contents(STDIN), $fields) ? 0 : 1);
