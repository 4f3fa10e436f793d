package main_test

import (
	"regexp"
	"strings"
	"testing"
)

// prove types name and password into the pages that ask for them.
func (c *chromium) prove(p person) {
	c.t.Helper()
	c.on("Sign in")
	c.typeInto("email", p.email)
	c.enter("email")
	c.on("Enter your password")
	c.typeInto("password", p.password)
	c.enter("password")
}

// enterAt goes from the sample application as far as name and password lead.
func (c *chromium) enterAt(d demonstration, tenant string, p person) {
	c.t.Helper()
	c.open(d.app())
	c.press("Sign in at " + tenant)
	c.prove(p)
}

// settings goes to "My settings" as far as name and password lead.
func (c *chromium) settings(d demonstration, p person) {
	c.t.Helper()
	c.open(d.provider("/account"))
	c.prove(p)
}

// leave signs out from the sample application, of the provider too.
func (c *chromium) leave(d demonstration) {
	c.t.Helper()
	c.open(d.app())
	c.press("Sign out")
	c.on("Sign in")
}

// in gets to the sample application, which has to be allowed the first time.
func (c *chromium) in() {
	c.t.Helper()
	if strings.Contains(c.text(), "asks for your permission") {
		c.press("Allow")
	}
	c.on("You are signed in")
}

// enrolApp chooses an authenticator app, sets it up and keeps the backup codes.
func (c *chromium) enrolApp() (key string) {
	c.t.Helper()
	c.on("Choose a second step")
	c.press("Authenticator app")
	c.on("Set up an authenticator app")
	key = c.key()
	c.code(codeOf(c.t, key, 0))
	c.keep()
	return key
}

func (c *chromium) code(text string) {
	c.t.Helper()
	c.typeInto("code", text)
	c.enter("code")
}

// others opens "Try another way" and takes one.
func (c *chromium) others(label string) {
	c.t.Helper()
	c.unfold()
	c.press(label)
}

// mail waits for one with the words that came to somebody after another.
func (d demonstration) mail(t *testing.T, to, words string, after int) (number int, text string) {
	t.Helper()
	for {
		if after, text = d.latest(t, "mail", to, after); strings.Contains(text, words) {
			return after, text
		}
	}
}

// sent waits for a code.
func (d demonstration) sent(t *testing.T, kind, to string, after int) (number int, code string) {
	t.Helper()
	for {
		if after, code = d.latest(t, kind, to, after); sixDigits.MatchString(code) {
			return after, code[:6]
		}
	}
}

// newest is the number of the last message to somebody, 0 where there is none.
func (d demonstration) newest(t *testing.T, kind, to string) int {
	t.Helper()
	number, _ := d.peek(t, kind, to, 0)
	return number
}

var address = regexp.MustCompile(`http://localhost:[0-9]+/(password|email|objection)/\S+[A-Za-z0-9_-]`)

// link is the one in a mail.
func link(t *testing.T, text string) string {
	t.Helper()
	found := address.FindString(text)
	if found == "" {
		t.Fatalf("no link in\n%s", text)
	}
	return found
}
