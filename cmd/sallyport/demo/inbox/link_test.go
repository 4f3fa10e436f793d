package inbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sallyport/provider/notify/email"
)

func TestLinksToTheProviderCanBeClicked(t *testing.T) {
	t.Parallel()
	i := open(t)
	send(t, i, email.Mail{ID: "1", To: "ada@acme.test", Subject: "s", HTML: "h",
		Text: "Confirm: http://localhost:8080/confirm?token=a&b=1.\nNot you? (http://localhost:8080/objection)\n"})
	_, body := get(t, i, "/mails/1", http.StatusOK)
	holds(t, body, `<a href="http://localhost:8080/confirm?token=a&amp;b=1" rel="noopener noreferrer">`, `</a>.`,
		`<a href="http://localhost:8080/objection" rel="noopener noreferrer">http://localhost:8080/objection</a>)`)
}

// I07: whoever gets words into a mail must not get a link onto our page.
func TestI07LinksToAnywhereElseAreWords(t *testing.T) {
	t.Parallel()
	i := open(t)
	for _, link := range []string{"https://localhost:8080/", "http://localhost:8080.evil.test/", "http://localhost:8080@evil.test/", "http://evil@localhost:8080/",
		"http://localhost:80801/", "http://localhost/", "https://evil.test/?http://localhost:8080/", "javascript:alert(1)", `http://localhost:8080\@evil.test/`,
		"HTTP://LOCALHOST:8080/", "data:text/html,x"} {
		send(t, i, email.Mail{ID: "1", To: "ada@acme.test", Subject: "s", HTML: "h", Text: "See " + link + "\n"})
		_, text := get(t, i, "/latest?to=ada@acme.test", http.StatusOK)
		if !strings.Contains(text, link) {
			t.Errorf("%q is not shown: %q", link, text)
		}
	}
	for n := range 11 {
		if _, body := get(t, i, fmt.Sprint("/mails/", n+1), http.StatusOK); strings.Contains(body, "noopener") {
			t.Errorf("a link that is not the provider's:\n%s", body)
		}
	}
}
