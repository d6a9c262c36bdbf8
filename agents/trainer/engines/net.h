/*
 * net -- the engine for networks of dense layers: logistic, softmax and MLP.
 *
 * Mini-batch training by SGD or Adam, with decoupled weight decay and the
 * proximal term of FedProx.
 */
#pragma once
#include "agents/trainer/engines/engine.h"

extern const struct engine net_engine;
