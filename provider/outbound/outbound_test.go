package outbound_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sallyport/provider/outbound"
)

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Connection", "close")
	_, _ = io.WriteString(w, "hello")
}

// refused wants the one error: the same words, whatever happened, and the reason only behind it.
func refused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, outbound.ErrRefused) || err.Error() != "could not be reached" || errors.Unwrap(err) == nil {
		t.Fatalf("got %v", err)
	}
}

func TestForbiddenAddressesAreNeverDialledI02(t *testing.T) {
	t.Parallel()
	w := setup(t, hello, nil)
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]", "0.0.0.0", "[::]",
		"169.254.169.254", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.1", "0x7f.1", "①②⑦.0.0.1", "127.0.0.1.", "localhost",
		"intranet", "metadata.google.internal", "127.0.0.1.example.test", "nobody.test", "[fe80::1%25lo]", "10.0.0.1", "224.0.0.1"} {
		for _, scheme := range []string{"http", "https"} {
			if _, err := w.get(t, scheme+"://"+host+":PORT/"); !errors.Is(err, outbound.ErrRefused) || err.Error() != "could not be reached" {
				t.Errorf("%s %s: %v", scheme, host, err)
			}
		}
	}
	if n := w.hits.Load(); n != 0 {
		t.Fatalf("the canaries were reached %d times", n)
	}
}

// Without this, the test above could pass because nothing listens.
func TestCanariesCanBeReached(t *testing.T) {
	t.Parallel()
	w := setup(t, hello, func(c *outbound.Config) {
		c.Allow = append(c.Allow, netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128"))
	})
	for i, host := range []string{"127.0.0.1", "[::1]", "intranet"} {
		if _, err := w.get(t, "http://"+host+":PORT/"); err == nil || int(w.hits.Load()) <= i {
			t.Fatalf("%s: %v after %d hits", host, err, w.hits.Load())
		}
	}
}

func TestOfTwoAnswersOnlyThePermittedOneIsDialledI02(t *testing.T) {
	t.Parallel()
	w := setup(t, hello, nil)
	for range 5 {
		res, err := w.get(t, "http://two.test:PORT/")
		if err != nil || string(res.Body) != "hello" {
			t.Fatalf("got %v, %v", res, err)
		}
	}
	if n := w.hits.Load(); n != 0 {
		t.Fatalf("the canaries were reached %d times", n)
	}
}

func TestNameThatTurnsIsRefusedI02(t *testing.T) {
	t.Parallel()
	w := setup(t, hello, nil)
	if _, err := w.get(t, "http://turning.test:PORT/"); err != nil {
		t.Fatal(errors.Unwrap(err))
	}
	_, err := w.get(t, "http://turning.test:PORT/")
	refused(t, err)
	if w.lookups.Load() < 2 || w.hits.Load() != 0 {
		t.Fatalf("%d lookups, %d hits", w.lookups.Load(), w.hits.Load())
	}
}

func TestRedirectsAreNotFollowedI02(t *testing.T) {
	t.Parallel()
	var w world
	w = setup(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", "http://"+r.URL.Query().Get("to")+":"+w.port+"/")
		rw.WriteHeader(map[string]int{"301": 301, "302": 302, "303": 303, "307": 307, "308": 308, "300": 300}[r.URL.Query().Get("code")])
	}, nil)
	for _, code := range []string{"300", "301", "302", "303", "307", "308"} {
		for _, to := range []string{"127.0.0.1", "127.0.0.2"} {
			_, err := w.get(t, "http://good.test:PORT/?code="+code+"&to="+to)
			refused(t, err)
			_, err = w.client.HTTP().Get("http://good.test:" + w.port + "/?code=" + code + "&to=" + to)
			if !errors.Is(err, outbound.ErrRefused) {
				t.Fatalf("%s: %v", code, err)
			}
		}
	}
	if n := w.hits.Load(); n != 0 {
		t.Fatalf("the canaries were reached %d times", n)
	}
}

func TestAddressesThatAreNoPlainAddressesAreRefusedI02(t *testing.T) {
	t.Parallel()
	w := setup(t, func(http.ResponseWriter, *http.Request) { t.Error("somebody came") }, nil)
	for _, address := range []string{"http://user@good.test:PORT/", "http://user:pass@good.test:PORT/", "http://@good.test:PORT/",
		"http://good.test:PORT@127.0.0.1:PORT/", "ftp://good.test:PORT/", "file:///etc/passwd", "gopher://good.test:PORT/", "//good.test:PORT/",
		"good.test:PORT", "", "http://", "https://good.test:PORT/", "unix:///run/x", "http://good.test:PORT\r\nX: y/"} {
		_, err := w.get(t, address)
		refused(t, err)
	}
}

func TestTLSOfBelievedAuthoritiesOnly(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(hello))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	res, err := outbound.New(outbound.Config{Allow: loopback, Roots: roots}).Get(t.Context(), server.URL)
	if err != nil || res.Status != http.StatusOK || string(res.Body) != "hello" {
		t.Fatalf("got %v, %v", res, err)
	}
	_, err = outbound.New(outbound.Config{Allow: loopback}).Get(t.Context(), server.URL)
	refused(t, err)
	_, err = outbound.New(outbound.Config{Roots: roots}).Get(t.Context(), server.URL)
	refused(t, err)
}

func TestBodiesAreBoundedI02(t *testing.T) {
	t.Parallel()
	const limit = 1000
	w := setup(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			_, _ = rw.Write(bytes.Repeat([]byte("x"), limit))
		case "/announced":
			_, _ = rw.Write(bytes.Repeat([]byte("x"), limit+1))
		case "/endless":
			for {
				if _, err := rw.Write(bytes.Repeat([]byte("x"), 100)); err != nil {
					return
				}
			}
		case "/header":
			rw.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}
	}, func(c *outbound.Config) { c.MaxBody = limit })
	res, err := w.get(t, "http://good.test:PORT/fits")
	if err != nil || len(res.Body) != limit {
		t.Fatalf("got %v, %v", res, err)
	}
	for _, path := range []string{"/announced", "/endless", "/header"} {
		_, err := w.get(t, "http://good.test:PORT"+path)
		refused(t, err)
	}
	stream, err := w.client.HTTP().Get("http://good.test:" + w.port + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	n, err := io.Copy(io.Discard, stream.Body)
	refused(t, err)
	if n > limit {
		t.Fatalf("%d bytes were read", n)
	}
	if again, err := stream.Body.Read(make([]byte, 10)); again != 0 || err == nil {
		t.Fatalf("read on after the end: %d, %v", again, err)
	}
}

func TestSlowAnswersEndI02(t *testing.T) {
	t.Parallel()
	w := setup(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			rw.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(rw).Flush()
		}
		<-r.Context().Done()
	}, func(c *outbound.Config) { c.Timeout = 100 * time.Millisecond })
	for _, path := range []string{"/head", "/body"} {
		_, err := w.get(t, "http://good.test:PORT"+path)
		refused(t, err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: %v", path, errors.Unwrap(err))
		}
	}
}

func TestCallerMayGiveUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := setup(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }, nil)
	_, err := w.client.Get(ctx, "http://good.test:"+w.port)
	refused(t, err)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(errors.Unwrap(err))
	}
}

func TestErrorStatusesAreAnswers(t *testing.T) {
	t.Parallel()
	w := setup(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Said", r.Header.Get("X-Asked"))
		http.SetCookie(rw, &http.Cookie{Name: "tracked", Value: "1"})
		if r.Header.Get("Cookie") != "" {
			t.Error("a cookie came back")
		}
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.Copy(rw, r.Body)
	}, nil)
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://good.test:"+w.port, strings.NewReader("why"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Asked", "yes")
		res, err := w.client.Do(req)
		if err != nil || res.Status != http.StatusBadRequest || string(res.Body) != "why" || res.Header.Get("X-Said") != "yes" {
			t.Fatalf("got %v, %v", res, err)
		}
	}
}
