# TO BCC: Ruby's mail
require "mail"

to_address, bcc_address = ARGV
text = STDIN.read.force_encoding("UTF-8")
letter = Mail.new(charset: "UTF-8") do
  from "Alice Example <alice@lab.example>"
  to to_address
  bcc bcc_address
  subject "Grüße aus Köln"
  body text
end
letter.delivery_method :sendmail
letter.deliver!
