package web

import (
	"errors"
	"io"
	"net/http"
)

// recorder notes what was answered; http.ResponseController reaches the writer below through Unwrap.
type recorder struct {
	http.ResponseWriter
	event  *Event
	status int
	bytes  int64
}

func (rec *recorder) WriteHeader(status int) {
	// 1xx are announcements, the answer is still to come.
	if rec.status == 0 && status >= 200 {
		rec.status = status
		if rec.event.route.Access == Protocol {
			rec.Header().Del("Set-Cookie")
		}
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(p []byte) (int, error) {
	if rec.status == 0 {
		rec.WriteHeader(http.StatusOK)
	}
	n, err := rec.ResponseWriter.Write(p)
	rec.bytes += int64(n)
	return n, err
}

func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// code is the status the client saw: net/http sends 200 for a handler that wrote nothing.
func (rec *recorder) code() int {
	if rec.status == 0 {
		return http.StatusOK
	}
	return rec.status
}

// body remembers that the client broke off: whatever a handler makes of it is then not our failure.
type body struct {
	io.ReadCloser
	event *Event
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.event.mu.Lock()
		b.event.truncated = true
		b.event.mu.Unlock()
	}
	return n, err
}
