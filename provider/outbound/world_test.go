package outbound_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sallyport/provider/outbound"
)

// world has a server at 127.0.0.2, which the client may reach, and canaries on the same port of 127.0.0.1 and ::1, which nobody may.
type world struct {
	port    string
	hits    *atomic.Int32
	lookups *atomic.Int32
	client  *outbound.Client
}

var honest = netip.MustParsePrefix("127.0.0.2/32")

func setup(t *testing.T, h http.HandlerFunc, change func(*outbound.Config)) world {
	t.Helper()
	w := world{hits: new(atomic.Int32), lookups: new(atomic.Int32)}
	listener := w.listen(t)
	server := httptest.NewUnstartedServer(h)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	config := outbound.Config{Allow: []netip.Prefix{honest}, Resolver: w.resolver(t)}
	if change != nil {
		change(&config)
	}
	w.client = outbound.New(config)
	return w
}

// listen finds a port that is free on all addresses.
func (w *world) listen(t *testing.T) net.Listener {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.2:0")
		if err != nil {
			t.Fatal(err)
		}
		_, w.port, _ = net.SplitHostPort(l.Addr().String())
		if w.canary(t, "127.0.0.1") && w.canary(t, "::1") {
			return l
		}
		l.Close()
	}
	t.Fatal("no port is free for the canaries")
	return nil
}

// canary counts connections, not requests: a connection refused by TLS has been made all the same.
func (w *world) canary(t *testing.T, host string) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, w.port))
	if err != nil {
		return false
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.hits.Add(1)
			c.Close()
		}
	}()
	return true
}

// resolver has every name at the canary, as decimal, octal and private names are for some resolvers; "two" has both addresses,
// "good" the honest one, "turning" the honest one the first time, and "nobody" is unknown.
func (w *world) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(w.answer), NotifyStartedFunc: func() { close(started) }}
	go func() { _ = server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (w *world) answer(out dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	name := q.Question[0].Name
	if strings.HasPrefix(name, "nobody") {
		m.Rcode = dns.RcodeNameError
	}
	for _, a := range w.records(q.Question[0].Qtype, name) {
		if rr, err := dns.NewRR(fmt.Sprintf("%s 0 IN %s", name, a)); err == nil {
			m.Answer = append(m.Answer, rr)
		}
	}
	_ = out.WriteMsg(m)
}

func (w *world) records(kind uint16, name string) []string {
	first, _, _ := strings.Cut(name, ".")
	switch {
	case first == "nobody":
		return nil
	case kind == dns.TypeAAAA && (first == "good" || first == "turning"):
		return nil
	case kind == dns.TypeAAAA:
		return []string{"AAAA ::1", "AAAA ::ffff:127.0.0.1"}
	case kind != dns.TypeA:
		return nil
	case first == "two":
		return []string{"A 127.0.0.1", "A 127.0.0.2"}
	case first == "good", first == "turning" && w.lookups.Add(1) == 1:
		return []string{"A 127.0.0.2"}
	}
	return []string{"A 127.0.0.1"}
}

func (w world) get(t *testing.T, address string) (*outbound.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return w.client.Get(ctx, strings.ReplaceAll(address, "PORT", w.port))
}
