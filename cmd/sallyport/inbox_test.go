package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func (d demonstration) inbox(path string) string {
	return fmt.Sprintf("http://localhost:%d/%s", d.base+3, path)
}

// peek is the newest mail or text to somebody after another; 0 where there is none.
func (d demonstration) peek(t *testing.T, kind, to string, after int) (number int, words string) {
	t.Helper()
	res, err := http.Get(d.inbox("latest?" + url.Values{"kind": {kind}, "to": {to}, "after": {fmt.Sprint(after)}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		return 0, ""
	}
	if number, err = strconv.Atoi(res.Header.Get("Message-Number")); err != nil {
		t.Fatal(err)
	}
	return number, string(body)
}

// latest waits for a mail or text that came to somebody after another, and returns its number and words.
func (d demonstration) latest(t *testing.T, kind, to string, after int) (number int, words string) {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer again.Stop()
	for {
		if number, words = d.peek(t, kind, to, after); number > 0 {
			return number, words
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("no %s came to %s after number %d", kind, to, after)
		}
	}
}

// The demo sets up people's factors as it starts, so mails are there without anybody's doing.
func TestR20DemoShowsTheMailsThatWereSent(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	d.latest(t, "mail", grace.email, 0)
	c.open(d.inbox(""))
	c.see("Mails and texts")
	if !strings.Contains(c.text(), "grace@acme.test") {
		t.Errorf("the list does not show her:\n%s", c.text())
	}
	const row = `//tr[.//a[contains(., "Two-step sign-in is set up")] and .//td[contains(., "grace@acme.test")]]//a`
	c.navigate(chromedp.Click(chromedp.Search(row)))
	c.see("Two-step sign-in is set up at Acme")
	for _, part := range []string{"Authenticator app", "Was it not you?", "grace@acme.test"} {
		if !strings.Contains(c.text(), part) {
			t.Errorf("the mail does not show %q", part)
		}
	}
	c.navigate(chromedp.Click(chromedp.CSS(`pre a`))) // only asks: nothing happens before she confirms
	if at, err := chromedp.Run(c.ctx, chromedp.Location()); err != nil || !strings.HasPrefix(at, d.provider("/")) {
		t.Errorf("the link leads to %s, %v", at, err)
	}
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}\b`)

// R9: whoever has two factors chooses, and the code comes where they chose.
func TestR9DemoDeliversCodesByMailAndAsTexts(t *testing.T) {
	d := show(t)
	for kind, to := range map[string]string{"text": "+4791234512", "mail": "mary@acme.test"} {
		c := openChromium(t)
		before := d.newest(t, kind, to)
		c.enterAt(d, "Acme", mary)
		c.way(map[string]string{"text": "sms:", "mail": "email:"}[kind])
		number, words := d.latest(t, kind, to, before)
		for !sixDigits.MatchString(words) {
			number, words = d.latest(t, kind, to, number)
		}
		code := words[:6]
		c.code(code)
		c.in()
		if end := "\n\n@localhost #" + code; kind == "text" && !strings.HasSuffix(words, end) {
			t.Errorf("the text is not bound to where it belongs: %q", words)
		}
		c.open(d.inbox(fmt.Sprintf("%ss/%d", kind, number)))
		c.see(code)
		if shown := evaluate[string](c, "document.querySelector('pre').textContent"); shown != words {
			t.Errorf("the page shows %q, want %q", shown, words)
		}
	}
}
