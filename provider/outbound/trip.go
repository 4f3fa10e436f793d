package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// trip is one exchange under all rules but those about addresses, which guard has.
type trip struct {
	timeout       time.Duration
	max           int64
	secure, plain *http.Transport
}

// RoundTrip implements http.RoundTripper; what it returns is bounded in size and time.
func (t trip) RoundTrip(req *http.Request) (*http.Response, error) {
	road, err := t.road(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, refuse(err)
	}
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	res, err := road.RoundTrip(req.WithContext(ctx))
	if err == nil {
		err = t.acceptable(res)
	}
	if err != nil {
		cancel()
		return nil, refuse(err)
	}
	res.Body = &bounded{body: res.Body, left: t.max, cancel: cancel}
	return res, nil
}

func (t trip) road(req *http.Request) (*http.Transport, error) {
	switch {
	case req.URL.User != nil:
		return nil, errors.New("the address has user information")
	case req.URL.Scheme == "https":
		return t.secure, nil
	case req.URL.Scheme == "http":
		return t.plain, nil
	}
	return nil, fmt.Errorf("the scheme is %q", req.URL.Scheme)
}

// acceptable closes an answer that is not: a redirect is another address, set by somebody whom nobody asked.
func (t trip) acceptable(res *http.Response) error {
	redirect := res.StatusCode >= 300 && res.StatusCode < 400
	if !redirect && res.ContentLength <= t.max {
		return nil
	}
	res.Body.Close()
	if redirect {
		return fmt.Errorf("it answered with a redirect, %d", res.StatusCode)
	}
	return fmt.Errorf("it announced %d bytes", res.ContentLength)
}

// bounded is a body that ends with an error when it is too long or too slow.
type bounded struct {
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (b *bounded) Read(p []byte) (int, error) {
	// One byte more than allowed is read, or an answer of exactly the limit would look like a longer one.
	if int64(len(p)) > b.left+1 {
		p = p[:max(b.left+1, 0)]
	}
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, refuse(errors.New("the answer is too large"))
	}
	if err != nil && err != io.EOF {
		return n, refuse(fmt.Errorf("read the answer: %w", err))
	}
	return n, err
}

func (b *bounded) Close() error {
	defer b.cancel()
	return b.body.Close()
}
