package inbox_test

import (
	"net/http"
	"testing"

	"sallyport/cmd/sallyport/demo/inbox"
	"sallyport/provider/notify/email"
)

func TestLatestIsTheNewestOfThatRecipient(t *testing.T) {
	t.Parallel()
	i := open(t)
	send(t, i, email.Mail{ID: "1", To: "ada@acme.test", Subject: "s", Text: "one\n", HTML: "h"})
	send(t, i, email.Mail{ID: "2", To: "ada@acme.test", Subject: "s", Text: "two\n", HTML: "h"})
	send(t, i, email.Mail{ID: "3", To: "grace@acme.test", Subject: "s", Text: "three\n", HTML: "h"})
	text(t, i, "+4791234512", "four")
	for _, row := range []struct{ query, body, number string }{
		{"to=ada@acme.test", "two\n", "2"},
		{"to=ADA@acme.test&kind=mail", "two\n", "2"},
		{"to=ada@acme.test&after=1", "two\n", "2"},
		{"to=grace%40acme.test", "three\n", "3"},
		{"to=+4791234512&kind=text", "four", "4"},
		{"to=4791234512", "four", "4"},
	} {
		header, body := get(t, i, "/latest?"+row.query, http.StatusOK)
		if body != row.body || header.Get(inbox.NumberHeader) != row.number || header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %q, %v", row.query, body, header)
		}
	}
	for query, status := range map[string]int{"": 404, "to=": 404, "to=nobody@acme.test": 404, "to=ada@acme.test&after=2": 404, "to=ada@acme.test&kind=text": 404,
		"to=ada@acme.test&kind=fax": 404, "to=ada@acme.test&after=x": 400, "to=a,da@acme.test": 404, "%zz": 404} {
		get(t, i, "/latest?"+query, status)
	}
}
