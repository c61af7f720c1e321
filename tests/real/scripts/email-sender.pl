# TO BCC: Perl's Email::Sender
use strict;
use warnings;
use Encode;
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::Sendmail;
use Email::Simple;

my ($to, $bcc) = @ARGV;
my $text = do { local $/; <STDIN> };
my $letter = Email::Simple->create(
    header => [From => 'Alice Example <alice@lab.example>', To => $to,
               Subject => encode('MIME-Q', decode('UTF-8', 'Grüße aus Köln')),
               'MIME-Version' => '1.0', 'Content-Type' => 'text/plain; charset=UTF-8',
               'Content-Transfer-Encoding' => '8bit'],
    body => $text);
sendmail($letter, {from => 'alice@lab.example', to => [$to, $bcc],
                   transport => Email::Sender::Transport::Sendmail->new});
