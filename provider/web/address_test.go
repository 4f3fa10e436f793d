package web_test

import (
	"testing"
)

func TestJ04ClientAddr(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, proxies("10.0.0.0/8", "fd00::/8", "127.0.0.1/32"))
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"direct", "203.0.113.5:4000", nil, "203.0.113.5"},
		{"untrusted peer lies", "203.0.113.5:4000", []string{"127.0.0.1"}, "203.0.113.5"},
		{"untrusted peer names a proxy", "203.0.113.5:4000", []string{"198.51.100.1, 10.0.0.1"}, "203.0.113.5"},
		{"one proxy", "10.0.0.1:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:4000", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"client forges the left", "10.0.0.1:4000", []string{"127.0.0.1, 1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"two headers are one list", "10.0.0.1:4000", []string{"127.0.0.1", "198.51.100.1"}, "198.51.100.1"},
		{"proxy says nothing", "10.0.0.1:4000", nil, "10.0.0.1"},
		{"empty header", "10.0.0.1:4000", []string{""}, "10.0.0.1"},
		{"all trusted", "10.0.0.1:4000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"malformed last", "10.0.0.1:4000", []string{"198.51.100.1, evil"}, "10.0.0.1"},
		{"malformed in the middle", "10.0.0.1:4000", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"empty entry", "10.0.0.1:4000", []string{"198.51.100.1,,10.0.0.2"}, "10.0.0.2"},
		{"malformed beyond the client", "10.0.0.1:4000", []string{"evil, 198.51.100.1"}, "198.51.100.1"},
		{"octal", "10.0.0.1:4000", []string{"0177.0.0.1"}, "10.0.0.1"},
		{"decimal", "10.0.0.1:4000", []string{"2130706433"}, "10.0.0.1"},
		{"log injection", "10.0.0.1:4000", []string{"198.51.100.1\nx"}, "10.0.0.1"},
		{"with a port", "10.0.0.1:4000", []string{"198.51.100.1:51000"}, "198.51.100.1"},
		{"v6 with a port", "10.0.0.1:4000", []string{"[2001:db8::1]:51000"}, "2001:db8::1"},
		{"v6 in brackets", "10.0.0.1:4000", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"v6", "[fd00::1]:4000", []string{"2001:DB8:0::1"}, "2001:db8::1"},
		{"mapped peer is the proxy", "[::ffff:10.0.0.1]:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"mapped client", "10.0.0.1:4000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"zone of the peer", "[fe80::1%eth0]:4000", nil, "fe80::1"},
		{"zone of the client", "10.0.0.1:4000", []string{"fe80::1%eth0"}, "fe80::1"},
		{"zone cannot hide a proxy", "[fd00::1%eth0]:4000", []string{"198.51.100.1"}, "198.51.100.1"},
	} {
		r := get("/", "X-Real-Ip", "9.9.9.9", "Forwarded", "for=9.9.9.9", "True-Client-Ip", "9.9.9.9")
		r.RemoteAddr = c.peer
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := b.ClientAddr(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPeerWithoutAnAddress(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, proxies("0.0.0.0/0", "::/0"))
	for _, peer := range []string{"", "@", "10.0.0.1", "socket:1"} {
		r := get("/none", "X-Forwarded-For", "198.51.100.1")
		r.RemoteAddr = peer
		if got := b.ClientAddr(r); got.IsValid() {
			t.Errorf("%q: %s", peer, got)
		}
		b.do(r)
		if got := b.log.last(t)["client_addr"]; got != "" {
			t.Errorf("%q: logged %v", peer, got)
		}
	}
}
