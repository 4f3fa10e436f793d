package session

import "context"

type contextKey struct{}

// With hands the session that the guard of a route has proved to the route's handler.
func With(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// From is the session that With put into the context. It panics when there is none: the route was not
// guarded, which is a defect of the route table and must not pass for a visitor without a session.
func From(ctx context.Context) *Session {
	s, ok := ctx.Value(contextKey{}).(*Session)
	if !ok || s == nil {
		panic("session: the route of this handler is not guarded")
	}
	return s
}
