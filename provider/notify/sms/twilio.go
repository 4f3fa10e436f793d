package sms

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// TwilioConfig says which account sends, and as whom. Exactly one of From and Service is set.
type TwilioConfig struct {
	Base    string // "" is https://api.twilio.com; others speak the same; http to a loopback host only
	Account string // SID of the account
	Key     string // SID of an API key; "" authenticates as the account
	Secret  string // of the key, or the token of the account
	From    string // number, short code or name of at most eleven characters
	Service string // SID of a messaging service
	Roots   *x509.CertPool
	Timeout time.Duration // of a whole exchange; zero, and at most, ten seconds
}

// Twilio sends texts through the Messages API of Twilio. Make one with NewTwilio.
type Twilio struct {
	config TwilioConfig
	client *http.Client
	url    string
}

var sid = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

// NewTwilio checks the configuration and contacts nobody. Error: ErrConfig, without the values.
func NewTwilio(c TwilioConfig) (*Twilio, error) {
	if c.Base == "" {
		c.Base = "https://api.twilio.com"
	}
	if c.Key == "" {
		c.Key = c.Account
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	at := strings.TrimSuffix(c.Base, "/") + "/2010-04-01/Accounts/" + c.Account + "/Messages.json"
	return &Twilio{config: c, client: newClient(c.Roots, c.Timeout), url: at}, nil
}

func (c TwilioConfig) check() error {
	base, err := url.Parse(c.Base)
	if err := configured(err == nil && safe(base) && !strings.Contains(c.Base, "?"), "base"); err != nil {
		return err
	}
	if err := configured(sid.MatchString(c.Account) && sid.MatchString(c.Key) && c.Secret != "", "account"); err != nil {
		return err
	}
	one := (c.From == "") != (c.Service == "") && (c.Service == "" || sid.MatchString(c.Service))
	if err := configured(one, "sender"); err != nil {
		return err
	}
	return sender(c.From)
}

// Send makes one request. Errors: as of Sender; a refusal tells Twilio's code of it.
func (w *Twilio) Send(ctx context.Context, t Text) error {
	if err := fit(t); err != nil {
		return err
	}
	r, err := w.request(t)
	if err != nil {
		return failed("make request to gateway", err, w.secrets(t)...)
	}
	a, err := exchange(ctx, w.client, r, w.secrets(t)...)
	if err != nil {
		return err
	}
	return w.judge(a, w.secrets(t))
}

func (w *Twilio) request(t Text) (*http.Request, error) {
	form := url.Values{"To": {t.To}, "Body": {t.Body}}
	if w.config.Service != "" {
		form.Set("MessagingServiceSid", w.config.Service)
	} else {
		form.Set("From", w.config.From)
	}
	r, err := http.NewRequest(http.MethodPost, w.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", media[Form])
	r.SetBasicAuth(w.config.Key, w.config.Secret)
	return r, nil
}

func (w *Twilio) secrets(t Text) []string {
	return []string{t.Body, t.To, w.config.Secret, w.config.Key, w.config.Account, w.config.Service}
}

// refusals are Twilio's codes for numbers that no second try reaches: 21211 and 21217 invalid, 21214 cannot be
// reached, 21408 region is not served, 21610 said STOP, 21612 cannot be reached from this sender, 21614 and 21635 not
// a mobile.
var refusals = []int{21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635}

// judge reads both an error (code, message) and a message that failed at once (status, error_code).
func (w *Twilio) judge(a answer, secrets []string) error {
	var said struct {
		Code      int    `json:"code"`
		Message   string `json:"message"`
		ErrorCode int    `json:"error_code"`
		Status    any    `json:"status"` // a number in errors, a word in messages
	}
	unreadable := json.Unmarshal([]byte(a.body), &said) != nil
	taken := a.status/100 == 2 && !unreadable && said.Status != "failed" && said.Status != "undelivered"
	code := max(said.Code, said.ErrorCode)
	switch {
	case taken:
		return nil
	case slices.Contains(refusals, code):
		return fmt.Errorf("%w (%d)", ErrRecipient, code)
	}
	return fmt.Errorf("gateway answers %d, code %d: %s", a.status, coded(code), veil(said.Message, secrets...))
}

// coded keeps a code of five digits, which is all of them, and nothing that a server smuggles a text in.
func coded(code int) int {
	if code < 10_000 || code > 99_999 {
		return 0
	}
	return code
}
