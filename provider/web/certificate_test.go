package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/provider/web"
)

// files is a key pair on disk whose modification times are the test's own.
type files struct {
	cert, key string
	written   time.Time
}

func newFiles(t *testing.T) *files {
	dir := t.TempDir()
	return &files{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), time.Unix(1_700_000_000, 0)}
}

func (f *files) put(t *testing.T, name string, content []byte) {
	t.Helper()
	f.written = f.written.Add(time.Second)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, f.written, f.written); err != nil {
		t.Fatal(err)
	}
}

// pair makes a self-signed certificate in PEM.
func pair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// shown returns the name on the certificate of a fresh handshake.
func shown(t *testing.T, addr string) string {
	t.Helper()
	// The certificate itself is what is looked at here; nothing is trusted because of it.
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestCertificateIsReadAgainWhenItsFilesChange(t *testing.T) {
	t.Parallel()
	f, clock, log := newFiles(t), newClock(), &journal{}
	cert, key := pair(t, "first")
	f.put(t, f.cert, cert)
	f.put(t, f.key, key)
	addr, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) {
		c.TLSCertFile, c.TLSKeyFile, c.Now, c.Log = f.cert, f.key, clock.Now, log.logger()
	})
	step := func(when, want string) {
		t.Helper()
		if got := shown(t, addr); got != want {
			t.Fatalf("%s: %s, want %s", when, got, want)
		}
	}
	step("at start", "first")
	cert, key = pair(t, "second")
	f.put(t, f.cert, cert)
	f.put(t, f.key, key)
	step("within the second", "first")
	clock.Advance(time.Second)
	step("both renewed", "second")
	cert, _ = pair(t, "third")
	f.put(t, f.cert, cert)
	clock.Advance(time.Second)
	step("certificate without its key", "second")
	if !strings.Contains(log.String(), "keep the old certificate") {
		t.Fatalf("log %s", log)
	}
	f.put(t, f.cert, []byte("broken"))
	clock.Advance(time.Second)
	step("broken", "second")
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	step("gone", "second")
	cert, key = pair(t, "fourth")
	f.put(t, f.cert, cert)
	f.put(t, f.key, key)
	clock.Advance(time.Second)
	step("restored", "fourth")
}

func TestBrokenCertificateIsComplainedOfOnce(t *testing.T) {
	t.Parallel()
	f, clock, log := newFiles(t), newClock(), &journal{}
	cert, key := pair(t, "first")
	f.put(t, f.cert, cert)
	f.put(t, f.key, key)
	addr, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) {
		c.TLSCertFile, c.TLSKeyFile, c.Now, c.Log = f.cert, f.key, clock.Now, log.logger()
	})
	shown(t, addr)
	f.put(t, f.cert, []byte("broken"))
	for range 3 {
		clock.Advance(time.Second)
		shown(t, addr)
	}
	if n := strings.Count(log.String(), "keep the old certificate"); n != 1 {
		t.Fatalf("%d complaints", n)
	}
}

func TestServeSpeaksHTTP2AndRefusesOldTLS(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	cert, key := pair(t, "first")
	f.put(t, f.cert, cert)
	f.put(t, f.key, key)
	addr, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) {
		c.TLSCertFile, c.TLSKeyFile = f.cert, f.key
	})
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Errorf("protocol %q", got)
	}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", addr, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 accepted")
	}
}

func TestServeNeedsAWholePairAtStart(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	cert, _ := pair(t, "first")
	f.put(t, f.cert, cert)
	for _, c := range [][2]string{{f.cert, f.key}, {f.cert, ""}, {"", f.key}} {
		_, _, ended := start(t, func(http.ResponseWriter, *http.Request) {}, func(s *web.ServerConfig) {
			s.TLSCertFile, s.TLSKeyFile = c[0], c[1]
		})
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "load certificate") {
			t.Errorf("%v: %v", c, err)
		}
	}
}
