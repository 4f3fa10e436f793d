package sms

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// answer is what a server said, whatever it was.
type answer struct {
	status int
	body   string
}

var errTooLong = errors.New("answer is too long")

// newClient verifies TLS, follows nothing and sends nothing twice: the transport would repeat a request on a
// connection that was kept and turned out dead.
func newClient(roots *x509.CertPool, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       within(timeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			MaxResponseHeaderBytes: longest,
			DisableKeepAlives:      true,
		},
	}
}

// exchange makes one request. The secrets do not appear in its error.
func exchange(ctx context.Context, c *http.Client, r *http.Request, secrets ...string) (answer, error) {
	resp, err := c.Do(r.WithContext(ctx))
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		if outer.Timeout() {
			return answer{}, failed("speak to gateway", context.DeadlineExceeded)
		}
		err = outer.Err // the outer one holds the address, and with it what is in the query
	}
	if err != nil {
		return answer{}, failed("speak to gateway", err, secrets...)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longest+1))
	if err == nil && len(body) > longest {
		err = errTooLong
	}
	if err != nil {
		return answer{}, failed("read answer of gateway", err, secrets...)
	}
	return answer{status: resp.StatusCode, body: string(body)}, nil
}

// safe says whether an address keeps credentials and codes from others: TLS, or never off the machine.
func safe(u *url.URL) bool {
	if u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
