package config_test

import (
	"testing"

	"sallyport/cmd/sallyport/config"
)

func TestSMSRules(t *testing.T) {
	t.Parallel()
	const (
		link    = "must begin with https://, or http:// for localhost, 127.0.0.0/8 and [::1]; no password, and fields in the query only"
		header  = `must be a name and a value such as "Authorization: Bearer {{Secret}}"`
		address = "must be host:port such as smpp.example.com:3550"
	)
	type sms = config.SMS
	gateway := sms{Kind: "gateway", URL: "https://sms.example.com/send", Format: "form", Body: "to={{To}}&text={{Body}}", Bind: "transceiver"}
	twilio := sms{Kind: "twilio", Account: "AC1", Secret: "s", From: "+4791234567", Format: "form", Bind: "transceiver"}
	smpp := sms{Kind: "smpp", Address: "smpp.example.com:3550", SystemID: "i", Format: "form", Bind: "transceiver", TLS: true}
	for name, row := range map[string]struct {
		from       sms
		change     func(*sms)
		path, want string
	}{
		"gateway":              {gateway, func(*sms) {}, "", ""},
		"twilio":               {twilio, func(*sms) {}, "", ""},
		"smpp":                 {smpp, func(*sms) {}, "", ""},
		"nothing":              {gateway, func(s *sms) { *s = config.SMS{Kind: "none", Format: "form", Bind: "transceiver"} }, "", ""},
		"unknown kind":         {gateway, func(s *sms) { s.Kind = "pigeon" }, "sms.kind", "must be one of none, gateway, twilio, smpp"},
		"unknown format":       {gateway, func(s *sms) { s.Format = "xml" }, "sms.format", "must be one of none, form, json"},
		"unknown bind":         {smpp, func(s *sms) { s.Bind = "receiver" }, "sms.bind", "must be one of transceiver, transmitter"},
		"gateway without URL":  {gateway, func(s *sms) { s.URL = "" }, "sms.kind", "needs sms.url, the address of the gateway"},
		"form without body":    {gateway, func(s *sms) { s.Body = "" }, "sms.format", "needs sms.body; set it to none for a gateway that takes everything in the address"},
		"body without format":  {gateway, func(s *sms) { s.Format = "none" }, "sms.body", "needs sms.format to be form or json"},
		"all in the address":   {gateway, func(s *sms) { s.Format, s.Body, s.URL = "none", "", s.URL+"?to={{Digits}}&text={{Body}}" }, "", ""},
		"in the clear":         {gateway, func(s *sms) { s.URL = "http://sms.example.com/" }, "sms.url", link},
		"in the clear at home": {gateway, func(s *sms) { s.URL = "http://127.0.0.1:13013/cgi-bin/sendsms" }, "", ""},
		"password in the URL":  {gateway, func(s *sms) { s.URL = "https://u:p@sms.example.com/" }, "sms.url", link},
		"field in the path":    {gateway, func(s *sms) { s.URL = "https://sms.example.com/{{To}}" }, "sms.url", link},
		"field as the host":    {gateway, func(s *sms) { s.URL = "https://{{To}}/" }, "sms.url", link},
		"no URL":               {twilio, func(s *sms) { s.URL = "sms.example.com" }, "sms.url", link},
		"header alone":         {gateway, func(s *sms) { s.Header = "Authorization" }, "sms.header", header},
		"header with spaces":   {gateway, func(s *sms) { s.Header = "My Key: {{Secret}}" }, "sms.header", header},
		"header":               {gateway, func(s *sms) { s.Header = "X-Key: {{Secret}}" }, "", ""},
		"broken expression":    {gateway, func(s *sms) { s.Accepted = "(" }, "sms.accepted", "must be a regular expression (RE2)"},
		"broken refusal":       {gateway, func(s *sms) { s.Refused = "[" }, "sms.refused", "must be a regular expression (RE2)"},
		"twilio, no account":   {twilio, func(s *sms) { s.Account = "" }, "sms.kind", "needs sms.account, the SID of the account"},
		"twilio, no secret":    {twilio, func(s *sms) { s.Secret = "" }, "sms.kind", "needs sms.secret, the token of the account or the secret of sms.key"},
		"twilio, secret file":  {twilio, func(s *sms) { s.Secret, s.SecretFile = "", "f" }, "", ""},
		"twilio, no sender":    {twilio, func(s *sms) { s.From = "" }, "sms.from", "or sms.service must be set, and not both"},
		"twilio, two senders":  {twilio, func(s *sms) { s.Service = "MG1" }, "sms.from", "or sms.service must be set, and not both"},
		"smpp, no address":     {smpp, func(s *sms) { s.Address = "" }, "sms.kind", "needs sms.address, the message centre"},
		"smpp, no port":        {smpp, func(s *sms) { s.Address = "smpp.example.com" }, "sms.address", address},
		"smpp, port 0":         {smpp, func(s *sms) { s.Address = "smpp.example.com:0" }, "sms.address", address},
		"smpp, no login":       {smpp, func(s *sms) { s.SystemID = "" }, "sms.kind", "needs sms.system_id, the login there"},
		"two secrets":          {twilio, func(s *sms) { s.SecretFile = "f" }, "sms.secret", "excludes sms.secret_file; keep one"},
	} {
		c := standard()
		c.SMS = row.from
		row.change(&c.SMS)
		expect(t, name, c, row.path, row.want)
	}
}

func TestSMSSecretIsASecretFromAFile(t *testing.T) {
	t.Parallel()
	c := load(t, "", "SALLYPORT_SMS_KIND=smpp", "SALLYPORT_SMS_ADDRESS=localhost:2775", "SALLYPORT_SMS_SYSTEM_ID=u",
		"SALLYPORT_SMS_SECRET_FILE="+write(t, canary+"\n"))
	if c.SMS.Secret.Reveal() != canary || c.SMS.SecretFile != "" {
		t.Errorf("%#v", c.SMS)
	}
}
