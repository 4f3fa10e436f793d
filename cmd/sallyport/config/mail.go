package config

import (
	"net/mail"
	"net/netip"
	"slices"
)

func (c Config) mail() []Problem {
	m := c.Mail
	found := slices.Concat(mailHost(m.Host), mailFrom(m.From), m.login())
	if m.Host != "" && m.From == "" {
		found = append(found, conflict("mail.host", "mail.from", "needs mail.from, the address that mails come from")...)
	}
	// A password, or the mail itself, would pass everybody between us and the server in the clear.
	if m.TLS == "none" && m.Host != "" && !loopback(m.Host) {
		found = append(found, conflict("mail.tls", "mail.host", "may be none only where mail.host is localhost, 127.0.0.0/8 or ::1")...)
	}
	return found
}

func mailHost(host string) []Problem {
	_, err := netip.ParseAddr(host)
	if host == "" || err == nil || len(host) <= 253 && hostname.MatchString(host) {
		return nil
	}
	return broken("mail.host", "must be a lower-case host name or an address, without scheme and port")
}

func mailFrom(from string) []Problem {
	parsed, err := mail.ParseAddress(from)
	if from == "" || err == nil && parsed.Name == "" && parsed.Address == from {
		return nil
	}
	return broken("mail.from", "must be an address alone, such as no-reply@example.com")
}

func (m Mail) login() []Problem {
	switch secret := m.Password != "" || m.PasswordFile != ""; {
	case m.Username != "" && !secret:
		return conflict("mail.username", "mail.password", "needs mail.password")
	case m.Username == "" && m.Password != "":
		return conflict("mail.password", "mail.username", "needs mail.username")
	}
	return nil
}
