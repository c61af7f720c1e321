// TO BCC: nodemailer's sendmail transport
const fs = require("fs");
const folders = ["/usr/lib/lab/node_modules", "/usr/share/nodejs"].filter(fs.existsSync);
const nodemailer = require(`${folders[0]}/nodemailer`);

const [to, bcc] = process.argv.slice(2);
const text = fs.readFileSync(0, "utf8");
const letter = {from: "Alice Example <alice@lab.example>", to, bcc, text,
                subject: "Grüße aus Köln"};
nodemailer.createTransport({sendmail: true}).sendMail(letter, (failure) => {
  if (failure) {
    console.error(failure.message);
    process.exit(1);
  }
});
