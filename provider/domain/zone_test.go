package domain_test

import (
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// zone is a name server on the loopback, over UDP and TCP on one port.
type zone struct {
	t       *testing.T
	address string

	mu     sync.Mutex
	answer func(q dns.Question) (rcode int, records []dns.RR)
	asked  map[string]int
	over   map[string]int // by network
}

func newZone(t *testing.T) *zone {
	t.Helper()
	z := &zone{t: t, asked: map[string]int{}, over: map[string]int{}}
	z.nothing(dns.RcodeNameError)
	stream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z.address = stream.Addr().String()
	packets, err := net.ListenPacket("udp", z.address)
	if err != nil {
		t.Fatal(err)
	}
	z.serve(&dns.Server{Listener: stream, Handler: z.handler("tcp")})
	z.serve(&dns.Server{PacketConn: packets, Handler: z.handler("udp")})
	return z
}

func (z *zone) serve(s *dns.Server) {
	up, down := make(chan struct{}), make(chan error, 1)
	s.NotifyStartedFunc = func() { close(up) }
	go func() { down <- s.ActivateAndServe() }()
	<-up
	z.t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			z.t.Error(err)
		}
		if err := <-down; err != nil {
			z.t.Error(err)
		}
	})
}

func (z *zone) handler(network string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, ask *dns.Msg) {
		z.mu.Lock()
		defer z.mu.Unlock()
		z.over[network]++
		z.asked[ask.Question[0].Name]++
		rcode, records := z.answer(ask.Question[0])
		if rcode < 0 {
			return // silence
		}
		m := new(dns.Msg).SetRcode(ask, rcode)
		m.RecursionAvailable, m.Answer = true, records
		if network == "udp" {
			m.Truncate(512)
		}
		if err := w.WriteMsg(m); err != nil {
			z.t.Error(err)
		}
	}
}

func (z *zone) set(answer func(dns.Question) (int, []dns.RR)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.answer = answer
}

// nothing answers every question with the code alone.
func (z *zone) nothing(rcode int) {
	z.set(func(dns.Question) (int, []dns.RR) { return rcode, nil })
}

// publish answers questions about host with TXT records of these strings each.
func (z *zone) publish(host string, records ...[]string) {
	z.set(func(q dns.Question) (int, []dns.RR) {
		if q.Name != host+"." || q.Qtype != dns.TypeTXT {
			return dns.RcodeNameError, nil
		}
		var all []dns.RR
		for _, r := range records {
			all = append(all, &dns.TXT{Hdr: header(q.Name, dns.TypeTXT), Txt: r})
		}
		return dns.RcodeSuccess, all
	})
}

func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
}

func (z *zone) counts() (asked, over map[string]int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	asked, over = map[string]int{}, map[string]int{}
	for k, v := range z.asked {
		asked[k] = v
	}
	for k, v := range z.over {
		over[k] = v
	}
	return asked, over
}
