package inbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport/cmd/sallyport/demo/inbox"
	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
)

const bound = "483920 is your Acme code.\n\n@localhost #483920"

// gateway is the provider's own client.
func gateway(t *testing.T, i *inbox.Inbox, secret string) *sms.Gateway {
	t.Helper()
	s := httptest.NewServer(i.Handler())
	t.Cleanup(s.Close)
	g, err := sms.NewGateway(sms.GatewayConfig{URL: s.URL + inbox.TextsPath, Format: sms.JSON, From: "Sallyport", Secret: secret,
		Template: `{"id":"{{ID}}","from":"{{From}}","to":"{{To}}","text":"{{Body}}"}`,
		Header:   map[string]string{"Authorization": "Bearer {{Secret}}"}, Accepted: "^accepted "})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func text(t *testing.T, i *inbox.Inbox, to, body string) {
	t.Helper()
	if err := gateway(t, i, i.Secret()).Send(ctx, sms.Text{ID: "1", To: to, Body: body}); err != nil {
		t.Fatal(err)
	}
}

func TestTextsStandAmongTheMailsTheNewestFirst(t *testing.T) {
	t.Parallel()
	i := open(t)
	send(t, i, email.Mail{ID: "1", To: "ada@acme.test", Subject: "First", Text: "t", HTML: "h"})
	text(t, i, "+4791234512", bound)
	send(t, i, email.Mail{ID: "2", To: "ada@acme.test", Subject: "Third", Text: "t", HTML: "h"})
	_, body := get(t, i, "/", http.StatusOK)
	holds(t, body, `href="/texts/2"`, "&#43;4791234512", `href="/mails/3"`)
	for _, order := range [][2]string{{"Third", "483920 is"}, {"483920 is", "First"}} {
		if strings.Index(body, order[0]) > strings.Index(body, order[1]) {
			t.Errorf("%q comes after %q:\n%s", order[0], order[1], body)
		}
	}
	get(t, i, "/mails/2", http.StatusNotFound)
}

func TestPageOfATextShowsItExactly(t *testing.T) {
	t.Parallel()
	for _, body := range []string{bound, "\n  indented\t", "æøå 漢字 € 🦉", strings.Repeat("long ", 100)} {
		i := open(t)
		text(t, i, "+4791234512", body)
		_, page := get(t, i, "/texts/1", http.StatusOK)
		holds(t, page, "<pre tabindex=\"0\" role=\"region\" aria-labelledby=\"text\">\n"+body+"</pre>", "Sallyport")
		if _, got := get(t, i, "/latest?to=%2B4791234512", http.StatusOK); got != body {
			t.Errorf("%q, want %q", got, body)
		}
	}
}

func TestI07MarkupOfATextIsInert(t *testing.T) {
	t.Parallel()
	i := open(t)
	text(t, i, "+4791234512", `<script>evil()</script></pre>`)
	for _, path := range []string{"/", "/texts/1"} {
		if _, body := get(t, i, path, http.StatusOK); strings.Contains(body, "<script") || strings.Contains(body, "evil()&lt;/script&gt;</pre></pre>") {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestTextsOfAStrangerAreRefused(t *testing.T) {
	t.Parallel()
	i := open(t)
	if err := gateway(t, i, "guess").Send(ctx, sms.Text{To: "+4791234512", Body: bound}); err == nil {
		t.Error("taken without the secret")
	}
	_, body := get(t, i, "/", http.StatusOK)
	holds(t, body, "Nothing has come yet")
}

// What is wrong with a request is the sender's fault, and said so; nothing of it is kept.
func TestMalformedTextsAreTheSendersFault(t *testing.T) {
	t.Parallel()
	i := open(t)
	const fine = `{"to":"+4791234512","text":"x"}`
	for _, row := range []struct {
		kind, body string
		status     int
	}{
		{"", fine, 415},
		{"text/plain", fine, 415},
		{"application/json; charset", fine, 415},
		{"application/x-www-form-urlencoded", "to=%2B4791234512&text=x", 415},
		{"application/json", "", 400},
		{"application/json", "null", 400},
		{"application/json", "[]", 400},
		{"application/json", "{", 400},
		{"application/json", fine + fine, 400},
		{"application/json", fine + "]", 400},
		{"application/json", "\xff" + fine, 400},
		{"application/json", `{"to":"+4791234512","text":"\xff"}`, 400},
		{"application/json", `{"to":"+4791234512","text":""}`, 400},
		{"application/json", `{"to":"+4791234512","text":" \n "}`, 400},
		{"application/json", `{"to":"+4791234512","text":7}`, 400},
		{"application/json", `{"to":"+4791234512","text":"x","bcc":"+4791234513"}`, 400},
		{"application/json", `{"to":"4791234512","text":"x"}`, 400},
		{"application/json", `{"to":"+4791234512,+4791234513","text":"x"}`, 400},
		{"application/json", `{"to":"+4791234512\n","text":"x"}`, 400},
		{"application/json", `{"to":["+4791234512"],"text":"x"}`, 400},
		{"application/json", `{"to":"+4791234512","text":"` + strings.Repeat("x", 1531) + `"}`, 400},
		{"application/json", strings.Repeat("[", 10000), 400},
		{"application/json", strings.Repeat(" ", 16<<10) + fine, 413},
	} {
		if got := post(i, i.Secret(), row.kind, row.body); got != row.status {
			t.Errorf("%.60q as %q: %d, want %d", row.body, row.kind, got, row.status)
		}
	}
	_, body := get(t, i, "/", http.StatusOK)
	holds(t, body, "Nothing has come yet")
	if got := post(i, i.Secret(), "application/json", fine); got != http.StatusAccepted {
		t.Errorf("a text that is fine: %d", got)
	}
}

func post(i *inbox.Inbox, secret, kind, body string) int {
	r := httptest.NewRequest(http.MethodPost, inbox.TextsPath, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	i.Handler().ServeHTTP(w, r)
	return w.Code
}
