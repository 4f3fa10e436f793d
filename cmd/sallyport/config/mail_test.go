package config_test

import (
	"testing"

	"sallyport/cmd/sallyport/config"
)

func TestMailRules(t *testing.T) {
	t.Parallel()
	const (
		host  = "must be a lower-case host name or an address, without scheme and port"
		from  = "must be an address alone, such as no-reply@example.com"
		local = "may be none only where mail.host is localhost, 127.0.0.0/8 or ::1"
	)
	full := config.Mail{Host: "mail.example.com", Port: 587, TLS: "starttls", From: "no-reply@example.com"}
	for name, row := range map[string]struct {
		change     func(*config.Mail)
		path, want string
	}{
		"complete":             {func(*config.Mail) {}, "", ""},
		"nothing":              {func(m *config.Mail) { m.Host, m.From = "", "" }, "", ""},
		"without sender":       {func(m *config.Mail) { m.From = "" }, "mail.host", "needs mail.from, the address that mails come from"},
		"sender with a name":   {func(m *config.Mail) { m.From = "Acme <no-reply@example.com>" }, "mail.from", from},
		"sender on two lines":  {func(m *config.Mail) { m.From = "a@example.com\r\nBcc: b@example.com" }, "mail.from", from},
		"host with a port":     {func(m *config.Mail) { m.Host = "mail.example.com:25" }, "mail.host", host},
		"host as an address":   {func(m *config.Mail) { m.Host = "smtp://mail.example.com" }, "mail.host", host},
		"IPv6":                 {func(m *config.Mail) { m.Host = "2001:db8::1" }, "", ""},
		"unknown protection":   {func(m *config.Mail) { m.TLS = "ssl" }, "mail.tls", "must be one of starttls, tls, none"},
		"in the clear":         {func(m *config.Mail) { m.TLS = "none" }, "mail.tls", local},
		"in the clear nearby":  {func(m *config.Mail) { m.TLS, m.Host = "none", "192.0.2.1" }, "mail.tls", local},
		"in the clear at home": {func(m *config.Mail) { m.TLS, m.Host = "none", "127.0.0.1" }, "", ""},
		"login":                {func(m *config.Mail) { m.Username, m.Password = "u", "p" }, "", ""},
		"login by file":        {func(m *config.Mail) { m.Username, m.PasswordFile = "u", "f" }, "", ""},
		"user alone":           {func(m *config.Mail) { m.Username = "u" }, "mail.username", "needs mail.password"},
		"password alone":       {func(m *config.Mail) { m.Password = "p" }, "mail.password", "needs mail.username"},
		"two passwords":        {func(m *config.Mail) { m.Username, m.Password, m.PasswordFile = "u", "p", "f" }, "mail.password", "excludes mail.password_file; keep one"},
	} {
		c := standard()
		c.Mail = full
		row.change(&c.Mail)
		expect(t, name, c, row.path, row.want)
	}
}

func TestMailPasswordIsASecretFromAFile(t *testing.T) {
	t.Parallel()
	c := load(t, "", "SALLYPORT_MAIL_HOST=localhost", "SALLYPORT_MAIL_FROM=a@b.test", "SALLYPORT_MAIL_USERNAME=u",
		"SALLYPORT_MAIL_PASSWORD_FILE="+write(t, canary+"\n"))
	if c.Mail.Password.Reveal() != canary || c.Mail.PasswordFile != "" {
		t.Errorf("%#v", c.Mail)
	}
}
