package sms_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
)

// asked is one request as a gateway hears it.
type asked struct {
	*http.Request
	body string
}

// web is a gateway on a loopback port that answers every request alike.
type web struct {
	*httptest.Server
	asked chan asked
}

func newWeb(t *testing.T, status int, body string) *web {
	t.Helper()
	return newAnswering(t, false, func(w http.ResponseWriter, _ asked) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func newAnswering(t *testing.T, secured bool, answer func(http.ResponseWriter, asked)) *web {
	t.Helper()
	s := &web{asked: make(chan asked, 1000)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a := asked{Request: r, body: string(body)}
		s.asked <- a
		answer(w, a)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secured {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *web) next(t *testing.T) asked {
	t.Helper()
	select {
	case a := <-s.asked:
		return a
	default:
		t.Fatal("the gateway was not asked")
	}
	return asked{}
}

func (s *web) nothing(t *testing.T) {
	t.Helper()
	if n := len(s.asked); n != 0 {
		t.Errorf("the gateway was asked %d times more", n)
	}
}
