// TO BCC: nodemailer's sendmail transport; with a PORT, SMTP to it on loopback
const fs = require("fs");
const folders = ["/usr/lib/lab/node_modules", "/usr/share/nodejs"].filter(fs.existsSync);
const nodemailer = require(`${folders[0]}/nodemailer`);

const [to, bcc, port] = process.argv.slice(2);
const way = port ? {host: "127.0.0.1", port, ignoreTLS: true} : {sendmail: true};
const text = fs.readFileSync(0, "utf8");
const letter = {from: "Alice Example <alice@lab.example>", to, bcc, text,
                subject: "Grüße aus Köln"};
nodemailer.createTransport(way).sendMail(letter, (failure) => {
  if (failure) {
    console.error(failure.message);
    process.exit(1);
  }
});
