package client_test

import (
	"net/url"
	"regexp"
	"testing"

	"sallyport/provider/client"
)

// loopbackPort is written another way than the code under test: the place of a port, by expression.
var loopbackPort = regexp.MustCompile(`^(http://(?:127\.0\.0\.1|\[::1\]))(?::[1-9][0-9]{0,4})?($|[/?])`)

func FuzzRedirect(f *testing.F) {
	for _, uri := range strangers {
		f.Add(registered, uri)
	}
	f.Add("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb")
	f.Add("http://[::1]:1?x", "http://[::1]:2?x")
	f.Fuzz(func(t *testing.T, known, uri string) {
		if clientOf(client.Web, known).Redirects(uri) != (known == uri) {
			t.Errorf("web: %q as %q", known, uri)
		}
		native := clientOf(client.Native, known)
		if !native.Redirects(known) {
			t.Errorf("native: %q is not itself", known)
		}
		if !native.Redirects(uri) || known == uri {
			return
		}
		if a, b := loopbackPort.ReplaceAllString(known, "$1$2"), loopbackPort.ReplaceAllString(uri, "$1$2"); a != b {
			t.Errorf("native: %q as %q differ in more than the port", known, uri)
		}
		sameElsewhere(t, known, uri)
	})
}

// sameElsewhere asks a URL parser, as a browser would: whatever passes leads to the same machine.
func sameElsewhere(t *testing.T, known, uri string) {
	a, err1 := url.Parse(known)
	b, err2 := url.Parse(uri)
	if err1 != nil || err2 != nil {
		return // neither can be registered nor followed
	}
	if a.Hostname() != b.Hostname() || a.Scheme != b.Scheme || b.User != nil || a.Path != b.Path || a.RawQuery != b.RawQuery || a.Fragment != b.Fragment {
		t.Errorf("native: %q as %q lead to different places", known, uri)
	}
}
