/*
 * task -- a federation as data: what is learned, from which columns, how, for
 * how long, with how many, and under which privacy.
 *
 * The document travels in run.invite as text; its SHA-256 (over the exact
 * bytes) is the task's identity, which a hospital's policy allows or not.
 */
#pragma once
#include "common/base/purpose.h"
#include "common/wire/contract.h"

enum { TASK_NAME_BYTES = 64, TASK_MAX_HIDDEN = 8, TASK_MAX_BYTES = 60000 };
enum task_arch { ARCH_LOGISTIC, ARCH_SOFTMAX, ARCH_MLP };                                       /* model.arch */
enum task_optimizer { OPTIMIZER_SGD, OPTIMIZER_ADAM };                                          /* train.optimizer */
enum task_server { SERVER_SGD, SERVER_MOMENTUM, SERVER_ADAM, SERVER_YOGI };                     /* server.optimizer */
enum task_late { LATE_DISCARD, LATE_WEIGHTED };                                                 /* rounds.late */
enum task_scale { SCALE_NONE, SCALE_RANGES, SCALE_MOMENTS };                                    /* standardise */
enum task_noise { NOISE_NONE, NOISE_GAUSSIAN, NOISE_LAPLACE, NOISE_DP_SGD, NOISE_DISTRIBUTED }; /* privacy.mechanism */
enum task_unit { UNIT_PATIENT, UNIT_SITE };                                                     /* privacy.unit */

struct task {
    char name[TASK_NAME_BYTES];
    enum purpose purpose;
    struct contract contract;
    enum task_scale
        scale; /* ranges: from the contract's min/max, costs no privacy; moments: federated mean and variance */
    struct {
        enum task_arch arch;
        size_t hidden[TASK_MAX_HIDDEN]; /* widths; MLP default 64, 32 */
        size_t nhidden;
        uint64_t seed; /* of the initial weights */
    } model;
    struct {
        enum task_optimizer optimizer;
        double learning_rate;
        double weight_decay;
        double proximal_mu; /* FedProx (Li et al. 2020); 0 is FedAvg */
        uint64_t epochs;    /* local passes a round */
        uint64_t batch;
        double test_fraction; /* held out at each hospital, by patient */
        uint64_t seed;        /* of split and shuffles */
    } train;
    struct task_server_opt {
        enum task_server optimizer;
        double learning_rate, momentum, beta1, beta2, tau;
    } server; /* the step that the coordinator takes */
    struct {
        uint64_t count;
        uint64_t quorum;            /* k: fewest hospitals for a round to count */
        uint64_t join_deadline_ms;  /* INVITING */
        uint64_t round_deadline_ms; /* TRAINING and each other waiting state */
        enum task_late late;
        uint64_t evaluate_every; /* the model of each so-many-th round is scored, and of the last */
        uint64_t patience;       /* early stop: scored rounds without improvement; 0 never */
        double min_improvement;  /* of the federated loss */
        double max_update_norm;  /* L2; updates above are refused */
        uint64_t max_samples;    /* a hospital's claimed sample count is capped here */
    } rounds;
    struct {
        bool secure;          /* updates leave a hospital masked, and only their sum is learned */
        uint64_t adversaries; /* hospitals that may tell the coordinator all they know, at most */
    } aggregation;
    struct {
        enum task_noise mechanism;
        enum task_unit unit; /* distributed: whom the noise hides */
        double epsilon; /* per hospital: of each round; DP-SGD and distributed: of all rounds together, for each unit */
        double delta;   /* all but Laplace */
        double clip;    /* bound of the update, L2 or (Laplace) L1; where patients are hidden: L2, of each record's
                           gradient */
        double noise_multiplier; /* DP-SGD, distributed: deviation over what is hidden; 0: as epsilon asks for */
        double rate;             /* distributed, patients: chance of each to be in a round */
    } privacy;
    struct {
        char cron[64];            /* "" none; five fields, UTC */
        uint64_t when_present;    /* start when so many hospitals are present; 0 never */
        bool when_new_data;       /* start when a hospital announces new data */
        uint64_t min_interval_ms; /* between automatic starts */
    } start;
};

/* Parses and checks the whole document; every complaint names its line and key.  Arrays live in the arena. */
enum err task_parse(struct str text, const char *source, struct arena *arena, struct task *out, struct why *why)
    MUST_USE;

uint64_t task_batch(const struct task *t);      /* records of a step; 0 where each is in it by `privacy.rate` */
bool task_hides_patients(const struct task *t); /* each patient, and not the hospital as a whole */
