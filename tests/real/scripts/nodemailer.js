// TO BCC: nodemailer's sendmail transport
const nodemailer = require("/usr/lib/lab/node_modules/nodemailer");

const [to, bcc] = process.argv.slice(2);
const text = require("fs").readFileSync(0, "utf8");
const letter = {from: "Alice Example <alice@lab.example>", to, bcc, text,
                subject: "Grüße aus Köln"};
nodemailer.createTransport({sendmail: true}).sendMail(letter, (failure) => {
  if (failure) {
    console.error(failure.message);
    process.exit(1);
  }
});
