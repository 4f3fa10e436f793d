package sms_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify/sms"
)

const code = "481516"

// bound is a text as it is bound to an origin; its @ is the octet zero of GSM.
const bound = code + " is your Acme code.\n\n@id.example.com #" + code

func text(body string) sms.Text {
	return sms.Text{ID: "0198f2a0-7c1e", To: "+4791234512", Body: body}
}

func gateway(t *testing.T, c sms.GatewayConfig) *sms.Gateway {
	t.Helper()
	g, err := sms.NewGateway(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func twilio(t *testing.T, c sms.TwilioConfig) *sms.Twilio {
	t.Helper()
	w, err := sms.NewTwilio(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// senders are one of each kind; their servers fail the test when they hear anything.
func senders(t *testing.T) map[string]sms.Sender {
	t.Helper()
	web := newWeb(t, 200, "")
	c := newCentre(t, nil)
	t.Cleanup(func() {
		web.nothing(t)
		if len(c.binds) > 0 {
			t.Error("bound for a text that must not go out")
		}
	})
	return map[string]sms.Sender{
		"gateway": gateway(t, sms.GatewayConfig{URL: web.URL + "/?to={{To}}&text={{Body}}&id={{ID}}"}),
		"twilio":  twilio(t, sms.TwilioConfig{Base: web.URL, Account: "AC1", Secret: "s", From: "Acme"}),
		"smpp":    c.client(t, sms.SMPPConfig{}),
	}
}

func TestI07RecipientIsOneNumberOrNone(t *testing.T) {
	t.Parallel()
	for name, s := range senders(t) {
		for _, to := range []string{"", "+", "4791234512", "+0791234512", "+47 91234512", "+4791234512,+4791234513", "+4791234512;+4791234513",
			"+4791234512\r\nX-To: +4791234513", "+4791234512\n", "\n+4791234512", "+4791234512%0a", "+4791234512&to=+4791234513", "+479123451２",
			"+4712", "+1234567890123456", "tel:+4791234512", "Acme"} {
			x := text(bound)
			x.To = to
			if err := s.Send(t.Context(), x); !errors.Is(err, sms.ErrRecipient) {
				t.Errorf("%s: %q: %v, want ErrRecipient", name, to, err)
			}
		}
	}
}

func TestTextsThatNoNetworkTakes(t *testing.T) {
	t.Parallel()
	for name, s := range senders(t) {
		for what, x := range map[string]sms.Text{
			"empty":      text(""),
			"not UTF-8":  text("\xff"),
			"too long":   text(strings.Repeat("å", 671)),
			"identifier": {ID: "a\r\nX: y", To: "+4791234512", Body: bound},
		} {
			if err := s.Send(t.Context(), x); !errors.Is(err, sms.ErrText) || strings.Contains(err.Error(), code) {
				t.Errorf("%s: %s: %v, want ErrText", name, what, err)
			}
		}
	}
}

func TestMalformedConfigurationIsRefusedWithoutItsValues(t *testing.T) {
	t.Parallel()
	const at = "https://sms.example.com/send"
	body := map[string]error{}
	add := func(name string, err error) { body[name] = err }
	for name, c := range map[string]sms.GatewayConfig{
		"no address":            {},
		"relative":              {URL: "/send?a=hunter2"},
		"http to others":        {URL: "http://sms.example.com/?p=hunter2"},
		"http to a lookalike":   {URL: "http://127.0.0.1.example.com/?p=hunter2"},
		"another scheme":        {URL: "ftp://sms.example.com/?p=hunter2"},
		"user in address":       {URL: "https://u:hunter2@sms.example.com/"},
		"fragment":              {URL: at + "#{{Body}}"},
		"field in host":         {URL: "https://{{Body}}.example.com/?p=hunter2"},
		"field in path":         {URL: at + "/{{To}}?p=hunter2"},
		"unknown field":         {URL: at + "?p={{Hunter2}}"},
		"method":                {URL: at, Method: "DELETE hunter2"},
		"body of GET":           {URL: at, Method: "GET", Format: sms.Form, Template: "to={{To}}"},
		"body without a format": {URL: at, Template: "hunter2"},
		"format":                {URL: at, Format: "xml", Template: "hunter2"},
		"JSON out of quotes":    {URL: at, Format: sms.JSON, Template: `{"hunter2": {{Body}}}`},
		"no JSON":               {URL: at, Format: sms.JSON},
		"empty form":            {URL: at, Format: sms.Form},
		"field of body":         {URL: at, Format: sms.Form, Template: "a={{Hunter2}}"},
		"header name":           {URL: at, Header: map[string]string{"X: hunter2": "a"}},
		"header value":          {URL: at, Header: map[string]string{"X": "hunter2\r\nY: z"}},
		"body in a header":      {URL: at, Header: map[string]string{"X": "{{Body}}"}},
		"secret in a header":    {URL: at, Header: map[string]string{"X": "{{Secret}}"}, Secret: "hunter2\n"},
		"success":               {URL: at, Success: []int{302}},
		"accepted":              {URL: at, Accepted: "(hunter2"},
		"refused":               {URL: at, Refused: "(hunter2"},
		"sender":                {URL: at, From: "hunter2 hunter2"},
	} {
		_, err := sms.NewGateway(c)
		add("gateway: "+name, err)
	}
	for name, change := range map[string]func(*sms.TwilioConfig){
		"http to others": func(c *sms.TwilioConfig) { c.Base = "http://api.example.com" },
		"query":          func(c *sms.TwilioConfig) { c.Base += "?a=hunter2" },
		"account":        func(c *sms.TwilioConfig) { c.Account = "../hunter2" },
		"key":            func(c *sms.TwilioConfig) { c.Key = "hunter2:" },
		"no secret":      func(c *sms.TwilioConfig) { c.Secret = "" },
		"no sender":      func(c *sms.TwilioConfig) { c.From = "" },
		"two senders":    func(c *sms.TwilioConfig) { c.Service = "MG1" },
		"sender":         func(c *sms.TwilioConfig) { c.From = "Acme\r\n" },
	} {
		c := sms.TwilioConfig{Base: "https://api.example.com", Account: "AC1", Secret: "hunter2", From: "Acme"}
		change(&c)
		_, err := sms.NewTwilio(c)
		add("twilio: "+name, err)
	}
	for name, change := range map[string]func(*sms.SMPPConfig){
		"no port":     func(c *sms.SMPPConfig) { c.Address = "localhost" },
		"port":        func(c *sms.SMPPConfig) { c.Address = "localhost:0" },
		"no host":     func(c *sms.SMPPConfig) { c.Address = ":2775" },
		"bind":        func(c *sms.SMPPConfig) { c.Bind = "receiver" },
		"no account":  func(c *sms.SMPPConfig) { c.SystemID = "" },
		"account":     func(c *sms.SMPPConfig) { c.SystemID = strings.Repeat("x", 16) },
		"password":    func(c *sms.SMPPConfig) { c.Password = "hunter2\x00" },
		"system type": func(c *sms.SMPPConfig) { c.SystemType = strings.Repeat("x", 13) },
		"sender":      func(c *sms.SMPPConfig) { c.From = "twelve chars" },
		"interval":    func(c *sms.SMPPConfig) { c.Enquire = time.Millisecond },
	} {
		c := sms.SMPPConfig{Address: "localhost:2775", SystemID: "s", Password: "hunter2"}
		change(&c)
		_, err := sms.NewSMPP(c)
		add("smpp: "+name, err)
	}
	for name, err := range body {
		if !errors.Is(err, sms.ErrConfig) || strings.Contains(err.Error(), "unter2") {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}
