package config

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// What is wrong with a template or a sender, notify/sms says at the start: it
// knows what it puts into them.
func (c Config) sms() []Problem {
	s := c.SMS
	found := slices.Concat(smsURL(s.URL), smsAddress(s.Address), smsHeader(s.Header),
		pattern("sms.accepted", s.Accepted), pattern("sms.refused", s.Refused))
	switch s.Kind {
	case "gateway":
		return slices.Concat(found, s.gateway())
	case "twilio":
		return slices.Concat(found, s.twilio())
	case "smpp":
		return slices.Concat(found, needs("sms.kind", "sms.address", s.Address, "the message centre"),
			needs("sms.kind", "sms.system_id", s.SystemID, "the login there"))
	}
	return found
}

func (s SMS) gateway() []Problem {
	found := needs("sms.kind", "sms.url", s.URL, "the address of the gateway")
	switch {
	case s.Format == "none" && s.Body != "":
		return append(found, conflict("sms.body", "sms.format", "needs sms.format to be form or json")...)
	case s.Format != "none" && s.Body == "":
		return append(found, conflict("sms.format", "sms.body", "needs sms.body; set it to none for a gateway that takes everything in the address")...)
	}
	return found
}

func (s SMS) twilio() []Problem {
	found := needs("sms.kind", "sms.account", s.Account, "the SID of the account")
	if s.Secret == "" && s.SecretFile == "" {
		found = append(found, conflict("sms.kind", "sms.secret", "needs sms.secret, the token of the account or the secret of sms.key")...)
	}
	if (s.From == "") == (s.Service == "") {
		found = append(found, conflict("sms.from", "sms.service", "or sms.service must be set, and not both")...)
	}
	return found
}

func needs(path, related, value, what string) []Problem {
	if value != "" {
		return nil
	}
	return conflict(path, related, "needs %s, %s", related, what)
}

// Codes and a password pass through it, so it is TLS or stays on the machine.
func smsURL(text string) []Problem {
	if text == "" {
		return nil
	}
	// A field in braces is no URL yet; in its query any text is.
	place, _, _ := strings.Cut(text, "?")
	u, err := url.Parse(place)
	if err == nil && u.Host != "" && u.User == nil && !strings.Contains(place, "{{") && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
		return nil
	}
	return broken("sms.url", "must begin with https://, or http:// for localhost, 127.0.0.0/8 and [::1]; no password, and fields in the query only")
}

func smsAddress(address string) []Problem {
	host, port, err := net.SplitHostPort(address)
	number, bad := strconv.ParseUint(port, 10, 16)
	if address == "" || err == nil && host != "" && bad == nil && number > 0 {
		return nil
	}
	return broken("sms.address", "must be host:port such as smpp.example.com:3550")
}

func smsHeader(header string) []Problem {
	name, _, ok := strings.Cut(header, ": ")
	if header == "" || ok && headerName.MatchString(name) {
		return nil
	}
	return broken("sms.header", `must be a name and a value such as "Authorization: Bearer {{Secret}}"`)
}

// The error of the compiler repeats the expression.
func pattern(path, expression string) []Problem {
	if _, err := regexp.Compile(expression); err != nil {
		return broken(path, "must be a regular expression (RE2)")
	}
	return nil
}
