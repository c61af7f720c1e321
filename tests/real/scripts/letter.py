"""TO BCC: the email package and a pipe, as the recipes have it."""

import email.policy
import subprocess
import sys
from email.message import EmailMessage

letter = EmailMessage()
letter["From"] = "Alice Example <alice@lab.example>"
letter["To"], letter["Bcc"] = sys.argv[1:]
letter["Subject"] = "Grüße aus Köln"
letter.set_content(sys.stdin.read())
subprocess.run(["/usr/sbin/sendmail", "-t", "-oi"], check=True,
               input=letter.as_bytes(policy=email.policy.SMTP))
