;; TO BCC message|mail FILE: Emacs composes in two ways, and sends by sendmail.el -*- coding: utf-8 -*-
(require 'message)
(require 'sendmail)
(let ((to (pop command-line-args-left))
      (bcc (pop command-line-args-left))
      (way (pop command-line-args-left)))
  (setq user-full-name "Alice Example"
        user-mail-address "alice@lab.example"
        mail-specify-envelope-from t
        mail-envelope-from 'header
        message-interactive t
        inhibit-message t
        message-confirm-send nil
        message-kill-buffer-on-exit t
        mail-interactive t
        sendmail-program "/usr/sbin/sendmail"
        message-send-mail-function #'message-send-mail-with-sendmail
        send-mail-function #'sendmail-send-it
        sendmail-coding-system 'utf-8)
  (if (equal way "message")
      (message-mail to "Grüße aus Köln" (list (cons "Bcc" bcc)))
    (mail nil to "Grüße aus Köln")
    (mail-bcc)
    (insert bcc)
    (mail-text))
  (goto-char (point-max))
  (insert-file-contents (pop command-line-args-left))
  (condition-case failure
      (if (equal way "message")
          (message-send)
        (mail-send))
    (error (princ (error-message-string failure))
           (kill-emacs 1))))
