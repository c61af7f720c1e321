# TO BCC: Perl's MIME::Lite, by its default way
use strict;
use warnings;
use Encode;
use MIME::Lite;

my ($to, $bcc) = @ARGV;
my $text = do { local $/; <STDIN> };
my $letter = MIME::Lite->new(
    From => 'Alice Example <alice@lab.example>', To => $to, Bcc => $bcc,
    Subject => encode('MIME-Q', decode('UTF-8', 'Grüße aus Köln')),
    Type => 'text/plain; charset=UTF-8', Encoding => '8bit', Data => $text);
$letter->send('sendmail') or die "not sent\n";
