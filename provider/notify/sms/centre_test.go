package sms_test

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"sallyport/provider/notify/sms"
)

// centre is a message centre on a loopback port, for what Kannel's emulator of one cannot be made to do: refuse, be
// silent, answer out of order, hang up, speak TLS.
type centre struct {
	addr    string
	binds   chan *pdu.BindRequest
	submits chan submitted
	other   chan pdu.PDU // all else it hears
	refuses atomic.Int32 // status of binds
	silent  atomic.Bool  // answers nothing, not even binds

	mu    sync.Mutex
	conns map[net.Conn]bool
	l     net.Listener
}

type submitted struct {
	*pdu.SubmitSM
	answer func(data.CommandStatusType)
}

func newCentre(t *testing.T, secured *tls.Config) *centre {
	t.Helper()
	c := &centre{addr: "127.0.0.1:0", conns: map[net.Conn]bool{}, binds: make(chan *pdu.BindRequest, 1000), submits: make(chan submitted, 1000),
		other: make(chan pdu.PDU, 1000)}
	c.open(t, secured)
	t.Cleanup(c.close)
	return c
}

func (c *centre) open(t *testing.T, secured *tls.Config) {
	t.Helper()
	l, err := net.Listen("tcp", c.addr)
	if err != nil {
		t.Fatal(err)
	}
	c.addr = l.Addr().String()
	if secured != nil {
		l = tls.NewListener(l, secured)
	}
	c.l = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns[conn] = true
			c.mu.Unlock()
			go c.serve(conn)
		}
	}()
}

// hang ends all conversations; the port stays open.
func (c *centre) hang() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
		delete(c.conns, conn)
	}
}

func (c *centre) close() {
	c.l.Close()
	c.hang()
}

func (c *centre) serve(conn net.Conn) {
	defer conn.Close()
	var mu sync.Mutex
	for {
		p, err := pdu.Parse(conn)
		if err != nil {
			return
		}
		answer := func(s data.CommandStatusType) {
			mu.Lock()
			defer mu.Unlock()
			c.write(conn, p, s)
		}
		switch p := p.(type) {
		case *pdu.BindRequest:
			c.binds <- p
			answer(data.CommandStatusType(c.refuses.Load()))
		case *pdu.SubmitSM:
			c.submits <- submitted{p, answer}
		default:
			c.other <- p
			if p.CanResponse() {
				answer(data.ESME_ROK)
			}
		}
	}
}

// write answers with a header alone where that is the protocol (SMPP 3.4, 4.1.6 and 4.4.2: no body with an error).
func (c *centre) write(conn net.Conn, p pdu.PDU, s data.CommandStatusType) {
	if c.silent.Load() {
		return
	}
	var header []byte
	for _, n := range []uint32{16, uint32(p.GetHeader().CommandID) | 0x80000000, uint32(s), uint32(p.GetSequenceNumber())} {
		header = binary.BigEndian.AppendUint32(header, n)
	}
	if s == data.ESME_ROK {
		b := pdu.NewBuffer(nil)
		p.GetResponse().Marshal(b)
		header = b.Bytes()
	}
	conn.Write(header)
}

// client binds to the centre when it has something to send.
func (c *centre) client(t *testing.T, config sms.SMPPConfig) *sms.SMPP {
	t.Helper()
	config.Address, config.Plain = c.addr, config.Roots == nil
	if config.SystemID == "" {
		config.SystemID, config.Password = "sallyport", "hunter2"
	}
	s, err := sms.NewSMPP(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// taking answers all texts alike, until the test ends.
func (c *centre) taking(t *testing.T, s data.CommandStatusType) <-chan submitted {
	taken := make(chan submitted, 1000)
	done := t.Context().Done()
	go func() {
		for {
			select {
			case m := <-c.submits:
				taken <- m
				m.answer(s)
			case <-done:
				return
			}
		}
	}()
	return taken
}

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(within):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}
