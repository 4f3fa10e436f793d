package sms

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

var errLost = errors.New("connection to message centre is lost")

// link is one bound connection and the requests that wait for their answer. The library keeps it alive; what it offers
// to match answers with requests notes a request only after it is written, and loses answers that are faster.
type link struct {
	conn    net.Conn
	session *gosmpp.Session
	timeout time.Duration
	lost    chan struct{}
	end     func()

	mu      sync.Mutex
	waiting map[int32]chan<- data.CommandStatusType
}

func newLink(conn net.Conn, timeout time.Duration) *link {
	l := &link{conn: conn, timeout: timeout, lost: make(chan struct{}), waiting: map[int32]chan<- data.CommandStatusType{}}
	// Closing the connection is what makes the loops of the library end, which cannot be waited for from within them.
	l.end = sync.OnceFunc(func() {
		close(l.lost)
		_ = conn.Close()
	})
	return l
}

func (l *link) alive() bool {
	select {
	case <-l.lost:
		return false
	default:
		return true
	}
}

// serve starts the loops that read, write and ask whether the other side is still there.
func (l *link) serve(c gosmpp.Connector, ask time.Duration) (err error) {
	l.session, err = gosmpp.NewSession(c, gosmpp.Settings{
		ReadTimeout:      ask + l.timeout,
		WriteTimeout:     l.timeout,
		EnquireLink:      ask,
		OnPDU:            func(p pdu.PDU, _ bool) { l.hear(p) },
		OnReceivingError: func(error) { l.end() },
		OnClosed:         func(gosmpp.State) { l.end() },
	}, 0)
	return err
}

func (l *link) hear(p pdu.PDU) {
	h := p.GetHeader()
	if h.CommandID != data.SUBMIT_SM_RESP && h.CommandID != data.GENERIC_NACK {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if answer, ok := l.waiting[h.SequenceNumber]; ok {
		delete(l.waiting, h.SequenceNumber) // a second answer finds nobody
		answer <- h.CommandStatus
	}
}

func (l *link) await(sequence int32) <-chan data.CommandStatusType {
	answer := make(chan data.CommandStatusType, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[sequence] = answer
	return answer
}

func (l *link) forget(sequence int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, sequence)
}

// submit writes one message and waits for its answer, not longer than the timeout. A centre that says nothing for so
// long is taken for dead, and the next text binds anew.
func (l *link) submit(ctx context.Context, m *pdu.SubmitSM) error {
	answer := l.await(m.GetSequenceNumber())
	defer l.forget(m.GetSequenceNumber())
	if err := l.session.Transmitter().Submit(m); err != nil {
		return errLost
	}
	silence := time.NewTimer(l.timeout)
	defer silence.Stop()
	select {
	case status := <-answer:
		return judge(status)
	case <-l.lost:
		return errLost
	case <-ctx.Done():
		return failed("wait for message centre", ctx.Err())
	case <-silence.C:
		l.end()
		return failed("wait for message centre", context.DeadlineExceeded)
	}
}

// judge reads command_status (SMPP 3.4, 5.1.3).
func judge(s data.CommandStatusType) error {
	switch s {
	case data.ESME_ROK:
		return nil
	case data.ESME_RINVDSTADR:
		return fmt.Errorf("%w (%v)", ErrRecipient, s)
	}
	return refusal(s)
}

// refusal is a command_status; in hexadecimal, as the tables of centres with codes of their own have it.
type refusal data.CommandStatusType

func (r refusal) Error() string {
	return fmt.Sprintf("message centre refuses: %v (0x%08X)", data.CommandStatusType(r), uint32(r))
}

// close says farewell, for which the library would wait as long as it reads.
func (l *link) close() {
	defer time.AfterFunc(l.timeout, l.end).Stop()
	_ = l.session.Close()
	l.end()
}
