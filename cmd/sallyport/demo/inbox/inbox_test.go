package inbox_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sallyport/cmd/sallyport/demo/inbox"
	"sallyport/provider/notify/email"
)

var (
	ctx = context.Background()
	now = func() time.Time { return time.Date(2026, 3, 12, 14, 5, 6, 0, time.UTC) }
)

func open(t *testing.T) *inbox.Inbox {
	t.Helper()
	i, err := inbox.Open("http://localhost:8080", slog.New(slog.NewTextHandler(io.Discard, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- i.Serve(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return i
}

func send(t *testing.T, i *inbox.Inbox, m email.Mail) {
	t.Helper()
	s, err := email.New(email.Config{Host: "127.0.0.1", Port: i.Port(), Security: email.None, From: "no-reply@sallyport.test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, i *inbox.Inbox, path string, status int) (http.Header, string) {
	t.Helper()
	w := httptest.NewRecorder()
	i.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != status {
		t.Errorf("%s: %d, want %d", path, w.Code, status)
	}
	return w.Header(), w.Body.String()
}

func holds(t *testing.T, body string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}

func TestEmptyInboxSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, body := get(t, open(t), "/", http.StatusOK)
	holds(t, body, "Nothing has come yet")
}

func TestDeliveredMailsAreListedTheNewestFirst(t *testing.T) {
	t.Parallel()
	i := open(t)
	for n := range 3 {
		send(t, i, email.Mail{ID: strconv.Itoa(n), To: "ada@acme.test", FromName: "Acmé", Subject: fmt.Sprint("Blåbær ", n), Text: "Hei på deg\n", HTML: "<p>Hei på <b>deg</b></p>"})
	}
	_, body := get(t, i, "/", http.StatusOK)
	holds(t, body, "Blåbær 0", "ada@acme.test", "12 March 2026, 14:05:06 UTC")
	if first, last := strings.Index(body, "Blåbær 2"), strings.Index(body, "Blåbær 0"); first > last {
		t.Errorf("the oldest first:\n%s", body)
	}
	_, body = get(t, i, "/mails/3", http.StatusOK)
	holds(t, body, "Blåbær 2", "Acmé", "Hei på deg", `src="/mails/3/html"`, `sandbox=""`)
	_, body = get(t, i, "/mails/3/html", http.StatusOK)
	holds(t, body, "<p>Hei på <b>deg</b></p>")
	for _, path := range []string{"/mails/4", "/mails/0", "/mails/x", "/mails/-1/html", "/texts/3", "/texts/3/html"} {
		get(t, i, path, http.StatusNotFound)
	}
}

func TestI07MarkupOfAMailIsInert(t *testing.T) {
	t.Parallel()
	i := open(t)
	const evil = `<script>evil()</script>`
	send(t, i, email.Mail{ID: "1", To: "ada@acme.test", FromName: evil, Subject: evil, Text: evil, HTML: evil})
	for _, path := range []string{"/", "/mails/1"} {
		header, body := get(t, i, path, http.StatusOK)
		if strings.Contains(body, "<script") || strings.Contains(header.Get("Content-Security-Policy"), "script-src") {
			t.Errorf("%s: %s", path, body)
		}
	}
	header, _ := get(t, i, "/mails/1/html", http.StatusOK)
	policy := header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none';") || !strings.HasSuffix(policy, "; sandbox") || strings.Count(policy, "-src '") > 1 {
		t.Errorf("policy of the mail's own markup: %s", policy)
	}
}

func TestWhatCannotBeParsedIsShownAsItCame(t *testing.T) {
	t.Parallel()
	i := open(t)
	for _, raw := range []string{"no header at all\r\n", "Subject: x\r\n\r\nplain body\r\n", "Content-Type: multipart/mixed\r\n\r\nno boundary\r\n"} {
		c, err := smtp.Dial(net.JoinHostPort("127.0.0.1", strconv.Itoa(i.Port())))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SendMail("a@b.test", []string{"ada@acme.test"}, strings.NewReader(raw)); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
		c.Close()
	}
	_, body := get(t, i, "/mails/1", http.StatusOK)
	holds(t, body, "no header at all", "(no subject)")
	_, body = get(t, i, "/mails/2", http.StatusOK)
	holds(t, body, "plain body")
	get(t, i, "/mails/3", http.StatusOK)
}

func TestOldMailsMakeRoom(t *testing.T) {
	t.Parallel()
	i := open(t)
	for n := range 201 {
		send(t, i, email.Mail{ID: strconv.Itoa(n), To: "ada@acme.test", Subject: "s", Text: "t", HTML: "h"})
	}
	get(t, i, "/mails/1", http.StatusNotFound)
	get(t, i, "/mails/2", http.StatusOK)
	get(t, i, "/mails/201", http.StatusOK)
}
